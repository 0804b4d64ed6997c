/** Columns that hold files hold `s3://bucket/key`. */
export type ObjectUrl = `s3://${string}/${string}`

/** The column's value for an object. */
export const objectUrl = (bucket: string, key: string): ObjectUrl => `s3://${bucket}/${key}`

/**
 * The parts of an `s3://bucket/key`. Throws on anything else: such a value was never written by us.
 */
export const parseObjectUrl = (url: string): { bucket: string; key: string } => {
  const [, bucket, key] = url.match(/^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])\/(.+)$/s) ?? []
  if (!bucket || !key) throw new Error(`not an object url: ${url}`)
  return { bucket, key }
}

/** The last part of an address or key: `hls/master.m3u8` -> `master.m3u8`. */
export const fileNameOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1)

/** The key of the folder, with its slash, in which the object of an `s3://bucket/key` lies. */
export const folderOf = (url: string): string => {
  const { key } = parseObjectUrl(url)
  return key.slice(0, key.lastIndexOf('/') + 1)
}
