import { DatabaseSync } from 'node:sqlite'

/**
 * A stretch of an object's bytes: one file of the blob folder. A multipart object has one per part.
 */
export type Segment = { file: string; size: number }

export type StoredObject = {
  size: number
  eTag: string
  lastModified: string
  headers: Record<string, string>
  segments: Segment[]
}
export type StoredUpload = { bucket: string; key: string; initiated: string; headers: Record<string, string> }
export type StoredPart = {
  number: number
  size: number
  eTag: string
  lastModified: string
  segment: Segment
}
export type Notice = { queueArn: string; body: string }

export type Catalog = ReturnType<typeof openCatalog>

/**
 * The objects that exist, and the notifications that still have to be sent. An object and its
 * notices are written in one transaction, so a crash leaves both or neither.
 */
export const openCatalog = (file: string) => {
  const db = new DatabaseSync(file)
  db.exec(`
    pragma journal_mode = wal;
    pragma synchronous = normal;
    create table if not exists buckets (name text primary key, created_at text not null) strict;
    create table if not exists objects (bucket text, key text, record text not null, primary key (bucket, key)) strict, without rowid;
    create table if not exists uploads (id text primary key, bucket text not null, key text not null, record text not null) strict;
    create table if not exists parts (upload_id text, number integer, record text not null, primary key (upload_id, number)) strict;
    create table if not exists notices (id integer primary key autoincrement, queue_arn text not null, body text not null) strict;
  `)
  const sql = db.createTagStore()

  const inTransaction = <T>(work: () => T): T => {
    db.exec('begin immediate')
    try {
      const result = work()
      db.exec('commit')
      return result
    } catch (error) {
      db.exec('rollback')
      throw error
    }
  }

  const parsed = <T>(row: Record<string, unknown> | undefined): T | undefined =>
    row && JSON.parse(String(row.record))

  const findObject = (bucket: string, key: string) =>
    parsed<StoredObject>(sql.get`select record from objects where bucket = ${bucket} and key = ${key}`)

  const findParts = (uploadId: string): StoredPart[] =>
    sql.all`select record from parts where upload_id = ${uploadId} order by number`.map(
      row => parsed<StoredPart>(row)!,
    )

  const removeUpload = (id: string): Segment[] => {
    const segments = findParts(id).map(part => part.segment)
    sql.run`delete from parts where upload_id = ${id}`
    sql.run`delete from uploads where id = ${id}`
    return segments
  }

  return {
    createBucket: (name: string) => {
      sql.run`insert into buckets values (${name}, ${new Date().toISOString()}) on conflict do nothing`
    },
    hasBucket: (name: string) => sql.get`select 1 from buckets where name = ${name}` !== undefined,
    listBuckets: () =>
      sql.all`select name, created_at from buckets order by name`.map(row => ({
        name: String(row.name),
        createdAt: String(row.created_at),
      })),

    findObject,
    /** Keys in S3's order (by UTF-8 bytes), lazily. */
    *listObjects(
      bucket: string,
      prefix: string,
      after: string,
    ): Generator<[key: string, object: StoredObject]> {
      for (const row of sql.iterate`
        select key, record from objects where bucket = ${bucket} and key > ${after} and key >= ${prefix} order by key`) {
        const key = String(row.key)
        if (!key.startsWith(prefix)) return
        yield [key, JSON.parse(String(row.record))]
      }
    },
    /** Answers the segments that nothing refers to any more. */
    putObject: (
      bucket: string,
      key: string,
      object: StoredObject,
      notices: Notice[],
      finishedUploadId?: string,
    ): Segment[] =>
      inTransaction(() => {
        const parts = finishedUploadId ? removeUpload(finishedUploadId) : []
        const stale = [...(findObject(bucket, key)?.segments ?? []), ...parts]
        sql.run`insert into objects values (${bucket}, ${key}, ${JSON.stringify(object)})
          on conflict (bucket, key) do update set record = excluded.record`
        for (const { queueArn, body } of notices)
          sql.run`insert into notices (queue_arn, body) values (${queueArn}, ${body})`
        const kept = new Set(object.segments.map(segment => segment.file))
        return stale.filter(segment => !kept.has(segment.file))
      }),
    deleteObject: (bucket: string, key: string): Segment[] => {
      const segments = findObject(bucket, key)?.segments ?? []
      sql.run`delete from objects where bucket = ${bucket} and key = ${key}`
      return segments
    },

    createUpload: (id: string, upload: StoredUpload) => {
      sql.run`insert into uploads values (${id}, ${upload.bucket}, ${upload.key}, ${JSON.stringify(upload)})`
    },
    findUpload: (id: string) => parsed<StoredUpload>(sql.get`select record from uploads where id = ${id}`),
    listUploads: (bucket: string) =>
      sql.all`select id, record from uploads where bucket = ${bucket} order by key, id`.map(row => ({
        id: String(row.id),
        ...parsed<StoredUpload>(row)!,
      })),
    removeUpload: (id: string) => inTransaction(() => removeUpload(id)),
    findParts,
    /**
     * Undefined when the upload was finished or aborted meanwhile; else the segments of the part it
     * replaces.
     */
    putPart: (uploadId: string, part: StoredPart): Segment[] | undefined =>
      inTransaction(() => {
        if (!sql.get`select 1 from uploads where id = ${uploadId}`) return undefined
        const stale = parsed<StoredPart>(
          sql.get`select record from parts where upload_id = ${uploadId} and number = ${part.number}`,
        )
        sql.run`insert into parts values (${uploadId}, ${part.number}, ${JSON.stringify(part)})
          on conflict (upload_id, number) do update set record = excluded.record`
        return stale ? [stale.segment] : []
      }),

    nextNotice: (afterId: number) => {
      const row = sql.get`select id, queue_arn, body from notices where id > ${afterId} order by id limit 1`
      return row && { id: Number(row.id), queueArn: String(row.queue_arn), body: String(row.body) }
    },
    removeNotice: (id: number) => {
      sql.run`delete from notices where id = ${id}`
    },

    /** Every blob file that an object or an unfinished upload refers to. */
    filesInUse: (): Set<string> => {
      const objects = sql.all`select record from objects`.flatMap(row => parsed<StoredObject>(row)!.segments)
      const parts = sql.all`select record from parts`.map(row => parsed<StoredPart>(row)!.segment)
      return new Set([...objects, ...parts].map(segment => segment.file))
    },
    close: () => db.close(),
  }
}
