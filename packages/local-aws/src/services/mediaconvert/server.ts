import { randomBytes } from 'node:crypto'
import { mkdir, rm } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { AwsError, callerOf, demand } from '../../iam/caller.ts'
import type { RequestContext } from '../../iam/conditions.ts'
import type { Keyring } from '../../iam/keyring.ts'
import { serveLocally } from '../../machine/listen.ts'
import { ACCOUNT, REGION } from '../../machine/place.ts'
import { takeTurns } from '../../machine/take-turns.ts'
import { objectsFor } from '../s3/object-files.ts'
import { JobError } from './job-error.ts'
import { type JobRequest, planJob, readJobRequest } from './job-request.ts'
import { type Phase, runJob } from './run-job.ts'

export type JobStatus = 'SUBMITTED' | 'PROGRESSING' | 'COMPLETE' | 'ERROR' | 'CANCELED'

type Job = {
  id: string
  arn: string
  status: JobStatus
  createdAt: number
  role: string
  queue: string
  clientRequestToken?: string | undefined
  userMetadata?: Record<string, string> | undefined
  settings: object
  timing: { submitTime: number; startTime?: number; finishTime?: number }
  currentPhase?: Phase
  jobPercentComplete?: number
  errorCode?: number
  errorMessage?: string
  outputGroupDetails?: object[]
}

export type MediaConvertOptions = {
  port: number
  /** For temporary files only; jobs are forgotten at a restart. */
  dataDir: string
  /** The address of S3. */
  s3: { url: string }
  /**
   * Checks what callers may do, and makes each job use S3 as the role that it was given, as AWS
   * does.
   */
  keyring: Keyring
  region?: string
  accountId?: string
  onStatus?: (job: {
    id: string
    status: JobStatus
    errorMessage?: string | undefined
    userMetadata?: Record<string, string> | undefined
  }) => void
  log?: (line: object) => void
}

const JOBS_AT_ONCE = 2
const now = () => Date.now() / 1000
const path = '/2017-08-29/jobs'

const parseJson = (body: Buffer): unknown => {
  try {
    return JSON.parse(body.toString())
  } catch {
    return undefined
  }
}

/**
 * AWS Elemental MediaConvert's jobs with HLS outputs, emulated by ffmpeg, with the real service's
 * table of inputs.
 */
export const startMediaConvert = async (
  o: MediaConvertOptions,
): Promise<{ url: string; close(): Promise<void> }> => {
  const { region = REGION, accountId = ACCOUNT, log = () => {} } = o
  await rm(o.dataDir, { recursive: true, force: true })
  await mkdir(o.dataDir, { recursive: true })
  const jobs = new Map<string, { job: Job; stop: AbortController; ended: Promise<void> }>()
  const inTurn = takeTurns(JOBS_AT_ONCE)
  const arnOf = (resource: string) => `arn:aws:mediaconvert:${region}:${accountId}:${resource}`

  const allow = (accessKeyId: string, action: string, resource: string, context?: RequestContext) =>
    demand(o.keyring, accessKeyId, action, resource, context)
  const find = (id: string) => {
    const found = jobs.get(id)
    if (!found) throw new AwsError('NotFoundException', `The specified job ${id} does not exist.`, 404)
    return found
  }
  const credentialsOf = (role: string) => o.keyring.issue(role.split('/').at(-1)!)

  const run = async (job: Job, request: JobRequest, signal: AbortSignal) => {
    const setStatus = (status: JobStatus, facts: Partial<Job> = {}) => {
      Object.assign(job, { status, ...facts })
      log({ service: 'mediaconvert', job: job.id, status, reason: job.errorMessage })
      o.onStatus?.({ id: job.id, status, errorMessage: job.errorMessage, userMetadata: job.userMetadata })
    }
    const plan = planJob(request)
    const objects = objectsFor({ url: o.s3.url, credentials: credentialsOf(request.role) })
    const onProgress = (currentPhase: Phase, percent: number) =>
      Object.assign(job, { currentPhase, jobPercentComplete: Math.max(job.jobPercentComplete ?? 0, percent) })
    try {
      await inTurn(async () => {
        signal.throwIfAborted()
        job.timing.startTime = now()
        setStatus('PROGRESSING')
        const { durationMs } = await runJob(plan, { dataDir: o.dataDir, objects, signal, onProgress })
        const outputDetails = plan.renditions.map(({ width, height }) => ({
          durationInMs: durationMs,
          videoDetails: { widthInPx: width, heightInPx: height },
        }))
        job.timing.finishTime = now()
        setStatus('COMPLETE', { jobPercentComplete: 100, outputGroupDetails: [{ outputDetails }] })
      })
    } catch (error) {
      job.timing.finishTime = now()
      const { code, message } = error instanceof JobError ? error : new JobError(1999, String(error))
      if (signal.aborted) setStatus('CANCELED')
      else setStatus('ERROR', { errorCode: code, errorMessage: message })
    } finally {
      objects.close()
    }
  }

  const create = (caller: string, body: unknown) => {
    const request = readJobRequest(body)
    const { clientRequestToken, role, userMetadata } = request
    const queue = request.queue ?? arnOf('queues/Default')
    allow(caller, 'mediaconvert:CreateJob', queue)
    allow(caller, 'iam:PassRole', role, { 'iam:PassedToService': 'mediaconvert.amazonaws.com' })
    const known = [...jobs.values()].find(
      ({ job }) => clientRequestToken !== undefined && job.clientRequestToken === clientRequestToken,
    )
    if (known) return { job: known.job }
    planJob(request)
    const id = `${Date.now()}-${randomBytes(3).toString('hex')}`
    const timing = { submitTime: now() }
    const { settings } = body as { settings: object }
    const job: Job = {
      id,
      arn: arnOf(`jobs/${id}`),
      status: 'SUBMITTED',
      createdAt: now(),
      role,
      queue,
      clientRequestToken,
      userMetadata,
      settings,
      timing,
    }
    const stop = new AbortController()
    const created = { job: { ...job } }
    jobs.set(id, { job, stop, ended: run(job, request, stop.signal) })
    return created
  }
  const cancel = async (id: string) => {
    const { job, stop, ended } = find(id)
    if (job.status !== 'SUBMITTED' && job.status !== 'PROGRESSING')
      throw new AwsError('ConflictException', `The job is ${job.status} and cannot be canceled.`, 409)
    stop.abort()
    await ended
  }
  const list = (query: URLSearchParams) => {
    const status = query.get('status')
    const newestFirst = [...jobs.values()].map(({ job }) => job).reverse()
    return newestFirst
      .filter(job => !status || job.status === status)
      .slice(0, Number(query.get('maxResults') ?? 20))
  }

  const answer = async (request: IncomingMessage): Promise<[status: number, body: object]> => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://local')
    const id = decodeURIComponent(pathname.slice(path.length + 1))
    const operation =
      pathname === path || pathname.startsWith(`${path}/`) ? `${request.method}${id ? ' id' : ''}` : ''
    const body = await buffer(request)
    const caller = await callerOf(request, body, o.keyring)
    if (operation === 'POST') return [201, create(caller, parseJson(body))]
    if (operation === 'GET') {
      allow(caller, 'mediaconvert:ListJobs', '*')
      return [200, { jobs: list(searchParams) }]
    }
    if (operation === 'GET id') {
      allow(caller, 'mediaconvert:GetJob', arnOf(`jobs/${id}`))
      return [200, { job: find(id).job }]
    }
    if (operation === 'DELETE id') {
      allow(caller, 'mediaconvert:CancelJob', arnOf(`jobs/${id}`))
      await cancel(id)
      return [202, {}]
    }
    throw new AwsError('NotFoundException', `${request.method} ${pathname} is not emulated here`, 404)
  }
  const send = (response: ServerResponse, status: number, body: object, errorType?: string) =>
    response
      .writeHead(status, {
        'content-type': 'application/json',
        ...(errorType && { 'x-amzn-errortype': errorType }),
      })
      .end(JSON.stringify(body))
  const handle = (request: IncomingMessage, response: ServerResponse) =>
    void answer(request).then(
      ([status, body]) => send(response, status, body),
      error => {
        const { type, status, message } =
          error instanceof AwsError ? error : new AwsError('InternalServerErrorException', String(error), 500)
        send(response, status, { message }, type)
      },
    )
  const server = await serveLocally(handle, { port: o.port })
  return {
    url: server.url,
    close: async () => {
      await server.close()
      for (const { stop } of jobs.values()) stop.abort()
      await Promise.all([...jobs.values()].map(({ ended }) => ended))
    },
  }
}
