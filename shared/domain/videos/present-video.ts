import type * as z from 'zod'
import type { Storage } from '../../aws/storage.ts'
import { PLAYBACK_LINK_SECONDS } from '../../contract/limits.ts'
import type { Video } from '../../contract/videos.ts'
import type { VideoRow } from '../../db/repositories/videos.ts'
import { STORYBOARD } from './read-playlist.ts'

export type PresentDeps = {
  storage: Pick<Storage, 'signGet'>
  /** A token that opens the playlists of this one video. */
  createPlaybackToken: (subject: { videoId: string; userId: string }) => Promise<string>
}

export type VideoView = z.input<typeof Video>

/**
 * The row as clients see it: every file is a link that works for PLAYBACK_LINK_SECONDS, or null
 * while there is none.
 */
export const presentVideo = async (deps: PresentDeps, row: VideoRow, baseUrl: string): Promise<VideoView> => {
  const link = (url: string) =>
    url.startsWith('s3://') ? deps.storage.signGet(url, { expiresSeconds: PLAYBACK_LINK_SECONDS }) : url
  const hasSource = row.sourceEtag !== null
  const playback =
    row.status === 'processed' && row.playbackUrl ? await playbackLinks(deps, row, baseUrl) : undefined
  return {
    id: row.id,
    userId: row.userId,
    title: row.title,
    description: row.description,
    youtubeUrl: row.youtubeUrl,
    fileUrl: row.fileUrl && hasSource ? await link(row.fileUrl) : null,
    thumbnailUrl: row.thumbnailUrl && (await link(row.thumbnailUrl)),
    duration: row.duration,
    fileSize: row.fileSize,
    status: row.status,
    stage: row.stage,
    processingProgress: row.processingProgress,
    playbackUrl: playback?.('master.m3u8') ?? null,
    metadata: row.metadata && {
      ...row.metadata,
      storyboardUrl: row.metadata.storyboardUrl && playback?.(STORYBOARD),
    },
    error: (row.status === 'error' && row.metadata?.error) || null,
    createdAt: row.createdAt,
    updatedAt: row.updatedAt,
  }
}

const playbackLinks = async (
  { createPlaybackToken }: PresentDeps,
  { id, userId }: VideoRow,
  baseUrl: string,
) => {
  const token = await createPlaybackToken({ videoId: id, userId })
  return (name: string) => `${baseUrl}/videos/${id}/playback/${name}?token=${token}`
}
