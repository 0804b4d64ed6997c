import { setTimeout as sleep } from 'node:timers/promises'
import type { Catalog, Notice, StoredObject } from './catalog.ts'

const RETRY_MIN_MS = 500
const RETRY_MAX_MS = 10_000
const CLOSE_WAIT_MS = 2000

export type NotificationRule = { queueArn: string; events: string[]; prefix?: string; suffix?: string }
export type CreatedBy = 'Put' | 'Post' | 'Copy' | 'CompleteMultipartUpload'
export type QueueConfiguration = {
  QueueArn: string
  Events: string[]
  Filter?: { Key?: { FilterRules?: { Name: string; Value: string }[] } }
}

/**
 * The rules in `NotificationConfiguration.QueueConfigurations` of the template's
 * Custom::S3BucketNotifications.
 */
export const readQueueConfigurations = (configurations: QueueConfiguration[]): NotificationRule[] =>
  configurations.map(({ QueueArn: queueArn, Events: events, Filter }) => {
    const filterOf = (name: string) =>
      Filter?.Key?.FilterRules?.find(rule => rule.Name.toLowerCase() === name)?.Value
    return { queueArn, events, prefix: filterOf('prefix'), suffix: filterOf('suffix') }
  })

const matches = (rule: NotificationRule, event: string, key: string) =>
  rule.events.some(
    wanted => wanted === event || (wanted.endsWith(':*') && event.startsWith(wanted.slice(0, -1))),
  ) &&
  key.startsWith(rule.prefix ?? '') &&
  key.endsWith(rule.suffix ?? '')

export type Creation = {
  region: string
  accessKeyId: string
  requestId: string
  address: string
  bucket: string
  key: string
  object: StoredObject
  by: CreatedBy
}

let lastSequence = 0n
/** Ever increasing, also over restarts. */
const nextSequencer = (): string => {
  const now = BigInt(Date.now()) * 1000n
  lastSequence = now > lastSequence ? now : lastSequence + 1n
  return lastSequence.toString(16).toUpperCase().padStart(18, '0')
}

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html */
const eventBody = (creation: Creation): string => {
  const { region, accessKeyId, requestId, address, bucket, key, object, by } = creation
  const record = {
    eventVersion: '2.1',
    eventSource: 'aws:s3',
    awsRegion: region,
    eventTime: object.lastModified,
    eventName: `ObjectCreated:${by}`,
    userIdentity: { principalId: accessKeyId },
    requestParameters: { sourceIPAddress: address },
    responseElements: { 'x-amz-request-id': requestId, 'x-amz-id-2': requestId },
    s3: {
      s3SchemaVersion: '1.0',
      configurationId: 'local',
      bucket: { name: bucket, ownerIdentity: { principalId: 'local' }, arn: `arn:aws:s3:::${bucket}` },
      object: {
        key: encodeURIComponent(key).replaceAll('%20', '+').replaceAll('%2F', '/'),
        size: object.size,
        eTag: object.eTag,
        sequencer: nextSequencer(),
      },
    },
  }
  return JSON.stringify({ Records: [record] })
}

export const noticesOf = (rules: NotificationRule[], creation: Creation): Notice[] =>
  rules
    .filter(rule => matches(rule, `s3:ObjectCreated:${creation.by}`, creation.key))
    .map(rule => ({ queueArn: rule.queueArn, body: eventBody(creation) }))

/** Hands notices from the catalog to their queues, again and again until each was taken once. */
export const startDelivery = (
  catalog: Catalog,
  notify: (queueArn: string, body: string) => Promise<void>,
  log: (line: object) => void,
) => {
  let running: Promise<void> | undefined
  let isBusy = false
  let timer: NodeJS.Timeout | undefined
  let retryMs = RETRY_MIN_MS
  let state: 'open' | 'closing' | 'closed' = 'open'

  const isClosed = () => state === 'closed'

  const deliverAll = async () => {
    let failed = false
    let lastId = 0
    while (state === 'open') {
      const notice = catalog.nextNotice(lastId)
      if (!notice) break
      lastId = notice.id
      try {
        await notify(notice.queueArn, notice.body)
        if (!isClosed()) catalog.removeNotice(notice.id)
      } catch (error) {
        failed = true
        log({ level: 'warn', operation: 'Notify', queueArn: notice.queueArn, error: String(error) })
      }
    }
    isBusy = false
    retryMs = failed ? Math.min(retryMs * 2, RETRY_MAX_MS) : RETRY_MIN_MS
    if (failed && state === 'open') timer = setTimeout(wake, retryMs)
  }
  const wake = () => {
    if (state !== 'open' || isBusy) return
    isBusy = true
    clearTimeout(timer)
    running = deliverAll()
  }

  wake()
  return {
    wake,
    /** Lets the delivery under way finish, so that it is not repeated after the restart. */
    close: async () => {
      state = 'closing'
      clearTimeout(timer)
      const patience = new AbortController()
      await Promise.race([
        running,
        sleep(CLOSE_WAIT_MS, undefined, { signal: patience.signal }).catch(() => {}),
      ])
      patience.abort()
      state = 'closed'
    },
  }
}
