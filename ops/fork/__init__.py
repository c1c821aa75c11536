"""CDK Terrain, the community's fork of CDKTF, in the place of CDKTF: docs/longevity.md."""
