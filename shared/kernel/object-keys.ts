import { fileNameOf } from './object-url.ts'

const UUID = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}'
const SOURCE = new RegExp(`^users/(${UUID})/videos/(${UUID})/source\\.([a-z0-9]{1,8})$`)
const PRODUCT = new RegExp(`^media/(${UUID})/(${UUID}-[^/]+)/.`)

/** Everything that a user sent for one video lies under this prefix. */
export const sourcePrefix = (userId: string, videoId: string) => `users/${userId}/videos/${videoId}/`

/** Returns the key of a video's uploaded file. */
export const sourceKey = ({
  userId,
  videoId,
  extension,
}: {
  userId: string
  videoId: string
  extension: string
}) => `${sourcePrefix(userId, videoId)}source.${extension}`

/** Returns the owner and the video of an upload's key; undefined for any other object. */
export const parseSourceKey = (
  key: string,
): { userId: string; videoId: string; extension: string } | undefined => {
  const [, userId, videoId, extension] = key.match(SOURCE) ?? []
  return userId && videoId && extension ? { userId, videoId, extension } : undefined
}

/** Everything that was made from one video lies under this prefix. */
export const mediaPrefix = (videoId: string) => `media/${videoId}/`

/** Returns the prefix of all that one run of the pipeline made. */
export const runPrefix = (videoId: string, runId: string) => `${mediaPrefix(videoId)}${runId}/`

/** Returns the key of a run's copy of its source, which no form can replace. */
export const sourceCopyKey = (videoId: string, runId: string, key: string) =>
  `${runPrefix(videoId, runId)}${fileNameOf(key)}`

/** The names of files under a run's prefix that only later steps of the same run read. */
export const INTERMEDIATE = {
  normalised: 'normalised.mp4',
  normaliseReport: 'normalise/report.json',
  extractReport: 'extract/report.json',
  recognised: 'transcript.json',
} as const

/** Returns the key of the report with which the media task of a run ends in one of its modes. */
export const mediaReportKey = (videoId: string, runId: string, mode: string) =>
  `${runPrefix(videoId, runId)}${mode}/report.json`

/** Returns the run that made a product; undefined for any other object. */
export const parseProductKey = (key: string): { videoId: string; runId: string } | undefined => {
  const [, videoId, runId] = key.match(PRODUCT) ?? []
  return videoId && runId ? { videoId, runId } : undefined
}
