import { mkdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { readAssembly } from '../deploy/assembly.ts'
import { type Cloud, emptyDeployedState } from '../deploy/cloud.ts'
import { deployAssembly } from '../deploy/deploy.ts'
import { type Credentials, openKeyring } from '../iam/keyring.ts'
import { claimFolder } from '../machine/lock.ts'
import type { LogEntry } from '../machine/logs.ts'
import { openLogs } from '../machine/logs.ts'
import { ACCOUNT, REGION } from '../machine/place.ts'
import { createScope, type OpenScope } from '../machine/scope.ts'
import { services } from '../services/services.ts'
import { ownCredentials, runtimeEnvironment } from './environment.ts'
import { type Emulated, startFoundations } from './foundations.ts'

export type StackOptions = {
  /** Everything that outlives the stack: files, database, keys, ports, logs. */
  stateDir: string
  /** 0 = a free one */
  restPort: number
  /** 0 = a free one */
  webSocketPort: number
  /** The operator's variables: addresses of real services, keys, and those named by `overrides`. */
  environment: Record<string, string | undefined>
  /** The built bundles: one folder for each function and container, with an `index.mjs`. */
  distDir: string
  /** The folder of a synthesized assembly. A promise lets the services start while it is made. */
  assembly: string | Promise<string>
  /** The name of the embedded Postgres' database. */
  database: string
  /** Variables of `environment` that win over the template's own for every function and task. */
  overrides?: readonly string[]
  /** The name of a secret of the template that gets the key of the language model. */
  modelKeySecret?: string
  /** Sees every line that goes into the logs. */
  log?: (entry: LogEntry) => void
}

export type LocalStack = {
  restUrl: string
  webSocketUrl: string
  s3Url: string
  databaseUrl: string
  redisUrl: string
  /** Credentials that may do anything with the local AWS. */
  operator: Credentials
  /** Addresses by the part behind AWS_ENDPOINT_URL_. */
  endpoints: Record<string, string>
  emulated: Emulated[]
  /** Makes functions load their code anew; takes folder names of dist. */
  reload(folders: string[]): void
  /**
   * Calls the function of a folder of dist, as a schedule or a rule would. Throws what it fails
   * with.
   */
  invoke(folder: string, event: unknown): Promise<unknown>
  close(): Promise<void>
}

const assemble = async (o: StackOptions, scope: OpenScope): Promise<LocalStack> => {
  const { environment } = o
  const stateDir = resolve(o.stateDir)
  const distDir = resolve(o.distDir)
  const logs = openLogs(stateDir, o.log)
  const log = (line: object) => logs.write('local', line)
  const own = ownCredentials(environment)
  const keyring = openKeyring(stateDir, own)
  const here = { stateDir, region: REGION, account: ACCOUNT, keyring }
  const bus = services.eventbridge.start(here)
  scope.open(bus)

  const [{ stores, endpoints, emulated, webSocketPort }, assembly] = await Promise.all([
    startFoundations({
      ...here,
      database: o.database,
      webSocketPort: o.webSocketPort,
      environment,
      logs,
      scope,
      emit: bus.emit,
    }),
    Promise.resolve(o.assembly).then(readAssembly),
  ])
  const environmentFor = (roleName: string) =>
    runtimeEnvironment({
      roleName,
      region: REGION,
      keyring,
      own,
      endpoints,
      environment,
      overrides: o.overrides,
    })
  const deployedState = emptyDeployedState()
  const roleOf = (functionName: string) => deployedState.roleOfFunction.get(functionName) ?? ''
  const lambda = services.lambda.start({
    environmentFor: ({ name }) => environmentFor(roleOf(name)),
    log: logs.output,
  })
  scope.open(lambda)
  const entryOf = (containerName: string) => join(distDir, containerName, 'index.mjs')
  const ecs = await scope.open(services.ecs.start({ ...here, entryOf, environmentFor, log: logs.output }))

  const cloud: Cloud = {
    ...here,
    ...stores,
    databaseUrl: endpoints.databaseUrl,
    lambda,
    ecs,
    bus,
    log,
    ...deployedState,
  }
  await deployAssembly(assembly, cloud)
  // A template makes such a secret without a value; the operator stores the key after the
  // deployment.
  if (o.modelKeySecret) cloud.secrets.put(o.modelKeySecret, endpoints.openAi.key)
  const gateways = await scope.open(
    services['api-gateway'].start({ cloud, ports: { rest: o.restPort, webSocket: webSocketPort } }),
  )
  const workers = cloud.onDeployed.map(begin => begin())
  const { states } = stores
  // Functions end together with what feeds them, so that closing waits for no long run.
  scope.open({
    close: () =>
      states.close().then(() => Promise.all([lambda.close(), ...workers.map(worker => worker?.close())])),
  })
  states.resume()

  return {
    restUrl: gateways.restUrl,
    webSocketUrl: gateways.webSocketUrl,
    s3Url: endpoints.aws.S3!,
    databaseUrl: endpoints.databaseUrl,
    redisUrl: endpoints.redisUrl,
    operator: keyring.operator,
    endpoints: endpoints.aws,
    emulated: [
      { service: 'API Gateway', by: `${gateways.restUrl}  ${gateways.webSocketUrl}` },
      { service: 'Lambda', by: `worker threads, ${cloud.functionOfFolder.size} functions from dist/` },
      { service: 'ECS (Fargate)', by: 'child processes of Node, from dist/' },
      { service: 'EventBridge', by: 'timers and a bus in memory' },
      ...emulated,
    ],
    reload: folders => {
      const names = folders.map(folder => cloud.functionOfFolder.get(join(distDir, folder)))
      for (const name of names) if (name) lambda.reload(name)
    },
    invoke: async (folder, event) => {
      const result = await lambda.invoke(cloud.functionOfFolder.get(join(distDir, folder)) ?? folder, event)
      if (!result.ok) throw new Error(`${folder}: ${result.errorType}: ${result.errorMessage}`)
      return result.payload
    },
    close: scope.close,
  }
}

/**
 * Runs a synthesized CDK app on this machine: services, the template's resources on them, gateways
 * and workers. Throws a sentence for people when it cannot, and leaves nothing running then.
 */
export const startStack = async (o: StackOptions): Promise<LocalStack> => {
  const scope = createScope()
  try {
    await mkdir(o.stateDir, { recursive: true })
    const release = await claimFolder(o.stateDir)
    scope.open({ close: release })
    return await assemble(o, scope)
  } catch (error) {
    await scope.close()
    throw error
  }
}
