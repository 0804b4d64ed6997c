import { randomUUID } from 'node:crypto'
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { killGroup, killUsersOf, spawnTied } from '../../machine/processes.ts'

export type TaskDefinition = {
  family: string
  roleName: string
  containers: { name: string; environment: Record<string, string> }[]
}

/** The parameters of `ecs:runTask.sync` that have a meaning on one machine. */
export type RunTask = {
  TaskDefinition: string
  Cluster?: string
  Overrides?: { ContainerOverrides?: { Name: string; Environment?: { Name: string; Value: string }[] }[] }
}

export type FinishedTask = {
  TaskArn: string
  TaskDefinitionArn: string
  LastStatus: 'STOPPED'
  StopCode: 'EssentialContainerExited'
  StoppedReason: string
  Containers: { Name: string; ExitCode: number; Reason?: string }[]
}

export type Ecs = {
  /** Answers the definition's ARN. */
  register(definition: TaskDefinition): string
  /**
   * The ARN of a definition that is named by its family, with or without a revision, or by its ARN.
   */
  arnOf(definition: string): string
  /** Runs a task to its end; aborting ends its processes. */
  run(task: RunTask, signal: AbortSignal): Promise<FinishedTask>
  close(): Promise<void>
}

const stopGraceMs = 2_000

/**
 * ECS tasks as child processes: each runs the container's bundle with Node, in a process group and
 * a temporary folder of its own.
 */
export const startEcs = async (o: {
  stateDir: string
  region: string
  account: string
  entryOf: (containerName: string) => string
  environmentFor: (roleName: string) => Record<string, string>
  log: (line: { functionName: string; stream: 'stdout' | 'stderr' | 'platform'; line: string }) => void
}): Promise<Ecs> => {
  const definitions = new Map<string, TaskDefinition>()
  const arnOf = (family: string) => `arn:aws:ecs:${o.region}:${o.account}:task-definition/${family}:1`
  const tasksFolder = join(o.stateDir, 'tasks')
  await killUsersOf(tasksFolder)
  await rm(tasksFolder, { recursive: true, force: true })
  const live = new Set<{ end: () => void; gone: Promise<unknown> }>()
  const find = (nameOrArn: string) => {
    const family = nameOrArn.split('/').at(-1)!.split(':')[0]!
    const definition = definitions.get(family)
    if (!definition) throw new Error(`no task definition ${nameOrArn}`)
    return definition
  }

  const spawnContainer = (
    container: TaskDefinition['containers'][number],
    environment: Record<string, string>,
    folder: string,
  ) => {
    const child = spawnTied(process.execPath, [o.entryOf(container.name)], {
      cwd: folder,
      env: { PATH: process.env.PATH, HOME: folder, TMPDIR: folder, LANG: 'C.UTF-8', ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    for (const stream of ['stdout', 'stderr'] as const)
      createInterface({ input: child[stream]! }).on('line', line =>
        o.log({ functionName: container.name, stream, line }),
      )
    return child
  }

  return {
    arnOf: nameOrArn => arnOf(find(nameOrArn).family),
    register: definition => {
      definitions.set(definition.family, definition)
      return arnOf(definition.family)
    },
    run: async (task, signal) => {
      const definition = find(task.TaskDefinition)
      const container = definition.containers[0]!
      const id = randomUUID().replaceAll('-', '')
      const folder = join(tasksFolder, id)
      const overrides =
        task.Overrides?.ContainerOverrides?.find(({ Name }) => Name === container.name)?.Environment ?? []
      const environment = {
        ...container.environment,
        ...o.environmentFor(definition.roleName),
        ...Object.fromEntries(overrides.map(({ Name, Value }) => [Name, Value])),
      }
      signal.throwIfAborted()
      await mkdir(folder, { recursive: true })
      const child = spawnContainer(container, environment, folder)
      const end = () => {
        killGroup(child, 'SIGTERM')
        setTimeout(killGroup, stopGraceMs, child).unref()
      }
      const gone = new Promise<{ code: number; reason?: string }>(done => {
        child.once('error', error => done({ code: 1, reason: error.message }))
        child.once('exit', (code, name) =>
          done(code === null ? { code: 137, reason: `ended by ${name}` } : { code }),
        )
      })
      const entry = { end: () => killGroup(child), gone }
      live.add(entry)
      signal.addEventListener('abort', end, { once: true })
      const { code, reason } = await gone
      signal.removeEventListener('abort', end)
      live.delete(entry)
      // As with a real container, what it started goes with it, also what has made itself a group
      // of its own.
      killGroup(child)
      await killUsersOf(folder)
      await rm(folder, { recursive: true, force: true })
      o.log({
        functionName: container.name,
        stream: 'platform',
        line: `task ${id} exited with ${code}${reason ? ` (${reason})` : ''}`,
      })
      return {
        TaskArn: `arn:aws:ecs:${o.region}:${o.account}:task/${id}`,
        TaskDefinitionArn: arnOf(definition.family),
        LastStatus: 'STOPPED',
        StopCode: 'EssentialContainerExited',
        StoppedReason: reason ?? 'Essential container in task exited',
        Containers: [{ Name: container.name, ExitCode: code, ...(reason ? { Reason: reason } : {}) }],
      }
    },
    close: async () => {
      const tasks = [...live]
      for (const { end } of tasks) end()
      await Promise.all(tasks.map(({ gone }) => gone))
    },
  }
}
