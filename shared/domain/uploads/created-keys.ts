import type { MessageOf } from '../../contract/queues.ts'

/** The keys of the objects that an S3 event says were created, decoded. An `s3:TestEvent` has none. */
export const createdKeys = ({ Records = [] }: MessageOf<'ingest'>): string[] =>
  Records.filter(({ eventName }) => /^(s3:)?ObjectCreated:/.test(eventName)).map(({ s3 }) =>
    decodeURIComponent(s3.object.key.replaceAll('+', ' ')),
  )
