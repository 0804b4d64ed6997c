import { S3Client } from '@aws-sdk/client-s3'
import { ListExecutionsCommand, SFNClient, StopExecutionCommand } from '@aws-sdk/client-sfn'
import { GetQueueAttributesCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs'
import { createStorage } from '../../shared/aws/storage.ts'
import { createDatabase } from '../../shared/db/client.ts'
import { parseObjectUrl } from '../../shared/kernel/object-url.ts'
import type { Hub } from './hub-stack.ts'

const ACCOUNT = '000000000000'
const PREFIX = 'ai-video-hub-local'
const BUCKET = `${PREFIX}-media-${ACCOUNT}-us-east-1`
const STATES = `arn:aws:states:us-east-1:${ACCOUNT}`

/**
 * The result of `outcomeOf` when a video went through once, however often its run was disturbed.
 */
export const PROCESSED_ONCE = {
  video: { status: 'processed', stage: 'done', processingProgress: 100 },
  completedEvents: 1,
  summaries: 1,
  summariseJobs: ['completed'],
  openJobs: 0,
  runningRuns: 0,
  places: 0,
  orphans: [],
  missing: [],
}

/** Reads the things an operator sees behind a hub: rows, objects, executions, queues. */
export const viewAsOperator = ({
  databaseUrl,
  operator: credentials,
  endpoints,
}: Pick<Hub, 'databaseUrl' | 'operator' | 'endpoints'>) => {
  const common = { region: 'us-east-1', credentials }
  const s3 = new S3Client({ ...common, endpoint: endpoints.S3, forcePathStyle: true })
  const sqs = new SQSClient({ ...common, endpoint: endpoints.SQS })
  const sfn = new SFNClient({ ...common, endpoint: endpoints.SFN })
  const sql = createDatabase({ url: databaseUrl })
  const storage = createStorage({ client: s3, bucket: BUCKET })
  const queueUrl = (name: string) => `${endpoints.SQS}/${ACCOUNT}/${PREFIX}-${name}`

  const videoOf = async (videoId: string) => {
    const [row] = await sql<
      {
        status: string
        stage: string
        runId: string | null
        transcodeJobId: string | null
        sourceKey: string
        metadata: { error?: { code: string } } | null
      }[]
    >`SELECT status, stage, run_id, transcode_job_id, source_key, metadata FROM videos WHERE id = ${videoId}`
    return row
  }

  /** The executions of a video, oldest first. */
  const runsOf = async (videoId: string) => {
    const stateMachineArn = `${STATES}:stateMachine:${PREFIX}-pipeline`
    const { executions = [] } = await sfn.send(new ListExecutionsCommand({ stateMachineArn }))
    return executions
      .filter(({ name }) => name!.startsWith(videoId))
      .reverse()
      .map(({ name, status }) => ({ name: name!, status: status! }))
  }

  /** The playlists that a master playlist names, and the files that those name. */
  const playlistFiles = async (key: string): Promise<string[]> => {
    const lines = ((await storage.getText(key)) ?? '')
      .split('\n')
      .filter(line => line && !line.startsWith('#'))
    const files = lines.map(name => key.replace(/[^/]+$/, name))
    const inside = await Promise.all(files.filter(file => file.endsWith('.m3u8')).map(playlistFiles))
    return [...files, ...inside.flat()]
  }

  /**
   * Objects that no row refers to, neither itself nor by a playlist, and references to objects that
   * are not there.
   */
  const compareFiles = async () => {
    const urls = await sql<{ url: string | null }[]>`
      SELECT url FROM media_files
      UNION SELECT url FROM caption_tracks
      UNION SELECT unnest(ARRAY[thumbnail_url, playback_url, metadata->>'storyboardUrl', metadata->>'storyboardImageUrl']) FROM videos
      UNION SELECT file_url FROM videos WHERE source_etag IS NOT NULL`
    const named = urls.flatMap(({ url }) => (url ? [parseObjectUrl(url).key] : []))
    const played = await Promise.all(named.filter(key => key.endsWith('.m3u8')).map(playlistFiles))
    const referred = new Set([...named, ...played.flat()])
    const existing = new Set((await storage.list('')).map(({ key }) => key))
    return { orphans: [...existing.difference(referred)], missing: [...referred.difference(existing)] }
  }

  return {
    ...{ sql, sqs, storage, queueUrl, videoOf, runsOf, compareFiles },
    client: common,

    keysBelow: async (prefix: string) => (await storage.list(prefix)).map(({ key }) => key),

    statusesOf: async (videoId: string) => (await runsOf(videoId)).map(({ status }) => status),

    /** Ends the newest execution of a video. */
    stopRun: async (videoId: string) => {
      const { name } = (await runsOf(videoId)).at(-1)!
      await sfn.send(
        new StopExecutionCommand({ executionArn: `${STATES}:execution:${PREFIX}-pipeline:${name}` }),
      )
    },

    /** All that has become of a video. */
    outcomeOf: async (videoId: string) => {
      const [video] = await sql`SELECT status, stage, processing_progress FROM videos WHERE id = ${videoId}`
      const [counted] = await sql`
        SELECT
          (SELECT count(*) FROM user_events WHERE payload->>'videoId' = ${videoId} AND payload->>'status' = 'completed') AS completed_events,
          (SELECT count(*) FROM ai_summaries WHERE video_id = ${videoId}) AS summaries,
          (SELECT json_agg(status) FROM jobs WHERE video_id = ${videoId} AND type = 'generate-summary') AS summarise_jobs,
          (SELECT count(*) FROM jobs WHERE video_id = ${videoId} AND status IN ('queued', 'running')) AS open_jobs,
          (SELECT count(*) FROM pipeline_leases) AS places`
      const runningRuns = (await runsOf(videoId)).filter(({ status }) => status === 'RUNNING').length
      return { video: video && { ...video }, ...counted, runningRuns, ...(await compareFiles()) }
    },

    /** How many messages a queue holds, those under way included. */
    messagesIn: async (queue: string) => {
      const names = ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'] as const
      const asked = new GetQueueAttributesCommand({ QueueUrl: queueUrl(queue), AttributeNames: [...names] })
      const { Attributes = {} } = await sqs.send(asked)
      return names.reduce((sum, name) => sum + Number(Attributes[name]), 0)
    },

    send: (queue: string, body: string, more: object = {}) =>
      sqs.send(new SendMessageCommand({ QueueUrl: queueUrl(queue), MessageBody: body, ...more })),

    close: async () => {
      await sql.end({ timeout: 1 })
      for (const client of [s3, sqs, sfn]) client.destroy()
    },
  }
}
