import { randomBytes } from 'node:crypto'
import { mkdir, rm } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { json } from 'node:stream/consumers'
import { AwsError, demand } from '../../iam/caller.ts'
import type { RequestContext } from '../../iam/conditions.ts'
import type { Credentials, Keyring } from '../../iam/credentials.ts'
import { listenLocally } from '../../machine/listen.ts'
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
  /** The credentials that read inputs and write outputs when there is no keyring. */
  s3: { url: string; credentials: Credentials }
  /** Checks what callers may do, and makes each job use S3 as the role that it was given, as AWS does. */
  keyring?: Keyring
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

const jobsAtOnce = 2
const now = () => Date.now() / 1000
const path = '/2017-08-29/jobs'

/** AWS Elemental MediaConvert's jobs with HLS outputs, emulated by ffmpeg, with the real service's table of inputs. */
export const startMediaConvert = async (o: MediaConvertOptions): Promise<{ url: string; close(): Promise<void> }> => {
  const { region = 'us-east-1', accountId = '000000000000', log = () => {} } = o
  await rm(o.dataDir, { recursive: true, force: true })
  await mkdir(o.dataDir, { recursive: true })
  const jobs = new Map<string, { job: Job; stop: AbortController; ended: Promise<void> }>()
  const inTurn = takeTurns(jobsAtOnce)
  const arnOf = (resource: string) => `arn:aws:mediaconvert:${region}:${accountId}:${resource}`

  const allow = (request: IncomingMessage, action: string, resource: string, context?: RequestContext) => {
    if (!o.keyring) return
    const accessKeyId = /Credential=([^/,\s]+)/.exec(request.headers.authorization ?? '')?.[1] ?? ''
    if (!o.keyring.secretOf(accessKeyId))
      throw new AwsError('ForbiddenException', 'The security token included in the request is invalid.', 403)
    demand(o.keyring, accessKeyId, action, resource, context)
  }
  const find = (id: string) => {
    const found = jobs.get(id)
    if (!found) throw new AwsError('NotFoundException', `The specified job ${id} does not exist.`, 404)
    return found
  }
  const credentialsOf = (role: string) => o.keyring?.issue(role.split('/').at(-1)!) ?? o.s3.credentials

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

  const create = (http: IncomingMessage, body: unknown) => {
    const request = readJobRequest(body)
    const { clientRequestToken, role, userMetadata } = request
    const queue = request.queue ?? arnOf('queues/Default')
    allow(http, 'mediaconvert:CreateJob', queue)
    allow(http, 'iam:PassRole', role, { 'iam:PassedToService': 'mediaconvert.amazonaws.com' })
    const known = [...jobs.values()].find(({ job }) => clientRequestToken !== undefined && job.clientRequestToken === clientRequestToken)
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
    return newestFirst.filter(job => !status || job.status === status).slice(0, Number(query.get('maxResults') ?? 20))
  }

  const answer = async (request: IncomingMessage): Promise<[status: number, body: object]> => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://local')
    const id = decodeURIComponent(pathname.slice(path.length + 1))
    const operation = pathname === path || pathname.startsWith(`${path}/`) ? `${request.method}${id ? ' id' : ''}` : ''
    if (operation === 'POST') return [201, create(request, await json(request).catch(() => undefined))]
    if (operation === 'GET') {
      allow(request, 'mediaconvert:ListJobs', '*')
      return [200, { jobs: list(searchParams) }]
    }
    if (operation === 'GET id') {
      allow(request, 'mediaconvert:GetJob', arnOf(`jobs/${id}`))
      return [200, { job: find(id).job }]
    }
    if (operation === 'DELETE id') {
      allow(request, 'mediaconvert:CancelJob', arnOf(`jobs/${id}`))
      await cancel(id)
      return [202, {}]
    }
    throw new AwsError('NotFoundException', `${request.method} ${pathname} is not emulated here`, 404)
  }
  const send = (response: ServerResponse, status: number, body: object, errorType?: string) =>
    response
      .writeHead(status, { 'content-type': 'application/json', ...(errorType && { 'x-amzn-errortype': errorType }) })
      .end(JSON.stringify(body))
  const http = createServer((request, response) =>
    answer(request).then(
      ([status, body]) => send(response, status, body),
      error => {
        const { type, status, message } =
          error instanceof AwsError ? error : new AwsError('InternalServerErrorException', String(error), 500)
        send(response, status, { message }, type)
      },
    ),
  )
  // Longer than the pools of SDK clients keep a connection: they would else meet a socket that is just being closed.
  http.keepAliveTimeout = 65_000
  const server = await listenLocally(http, o.port)
  return {
    url: server.url,
    close: async () => {
      await server.close()
      for (const { stop } of jobs.values()) stop.abort()
      await Promise.all([...jobs.values()].map(({ ended }) => ended))
    },
  }
}
