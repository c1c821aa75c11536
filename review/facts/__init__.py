"""What the judgement rests on, as data: types of resources, echoes, and what is known to be harmless."""
