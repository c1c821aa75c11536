// Evaluates requests against policies: a JSON question a line on stdin, a JSON answer a line on stdout.
// A process of its own, because the engine is AGPL: https://github.com/cloud-copilot/iam-simulate
import { createInterface } from 'node:readline'
import { loadPolicy } from '@cloud-copilot/iam-policy'
import { anonymousPrincipal, runSimulation } from '@cloud-copilot/iam-simulate'
import { isKeyOf, lint } from './lint.mjs'

// The package exports only its index, which leaves out what KMS needs.
const internal = (path) => import(new URL(path, import.meta.resolve('@cloud-copilot/iam-simulate')))
const { authorize } = await internal('./core_engine/CoreSimulatorEngine.js')
const { AwsRequestImpl } = await internal('./request/request.js')
const { RequestContextImpl } = await internal('./requestContext.js')
const { DiscoveryContextKeyConstraints } = await internal('./context_keys/discoveryContextKeyConstraints.js')

async function evaluateS3({ request, identity, resourcePolicy, blockPublicAccess }) {
  const outcome = await runSimulation(
    {
      request: {
        principal: request.principal ?? anonymousPrincipal,
        action: request.action,
        resource: { resource: request.resource, accountId: request.account },
        contextVariables: request.context
      },
      identityPolicies: identity,
      serviceControlPolicies: [],
      resourceControlPolicies: [],
      resourcePolicy,
      additionalSettings: { s3: { blockPublicAccess } }
    },
    { simulationMode: 'Strict' }
  )
  if (outcome.resultType !== 'single') throw new Error(JSON.stringify(outcome.errors ?? outcome.resultType))
  return { analysis: outcome.result.analysis, ignored: outcome.result.ignoredContextKeys }
}

// runSimulation silently drops kms:EncryptionContext:<key> and the claims of a token, so these go straight to
// the core engine.
async function evaluateInCore({ request, identity, resourcePolicy }) {
  const ignored = []
  for (const key of Object.keys(request.context)) {
    if (!(await isKeyOf(key, request.action))) ignored.push(key)
  }
  const analysis = authorize({
    request: new AwsRequestImpl(
      request.principal ?? anonymousPrincipal,
      { resource: request.resource, accountId: request.account },
      request.action,
      new RequestContextImpl(request.context)
    ),
    identityPolicies: identity.map(({ name, policy }) => loadPolicy(policy, { name })),
    serviceControlPolicies: [],
    resourceControlPolicies: [],
    resourcePolicy: resourcePolicy && loadPolicy(resourcePolicy, { name: 'resource' }),
    simulationParameters: {
      simulationMode: 'Strict',
      discoveryContextKeyConstraints: new DiscoveryContextKeyConstraints([])
    },
    serviceSettings: { s3: {} }
  })
  return { analysis, ignored }
}

async function evaluate(request, policies) {
  const question = {
    request,
    identity: request.identity.map((name) => ({ name, policy: policies[name] })),
    resourcePolicy: request.resource_policy === null ? undefined : policies[request.resource_policy],
    blockPublicAccess: request.block_public_access
  }
  const dropped = request.action.startsWith('kms:') || request.action === 'sts:AssumeRoleWithWebIdentity'
  const { analysis, ignored } = await (dropped ? evaluateInCore : evaluateS3)(question)
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
    ignored
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
