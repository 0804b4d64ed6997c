import type { Storage } from '../../aws/storage.ts'
import { PLAYBACK_LINK_SECONDS } from '../../contract/limits.ts'
import { problem } from '../../contract/problems.ts'
import type { Sql } from '../../db/client.ts'
import { listMediaFiles, type MediaFileRow } from '../../db/repositories/media-files.ts'
import { fileNameOf, folderOf } from '../../kernel/object-url.ts'
import { offerSounds } from './offer-sounds.ts'
import { type Owned, requireVideo } from './require-video.ts'
import { rewritePlaylist, rewriteStoryboard } from './rewrite-playlist.ts'

export type ReadPlaylistDeps = { sql: Sql; storage: Storage }

/**
 * A playlist of a processed video that plays without headers: variants repeat the token, media
 * files are signed. So is the picture that `storyboard.vtt` cuts its tiles from. Who may read it
 * has been checked. Throws `video.not_found`, `video.playlist_not_found`.
 */
export const readPlaylist = async (
  deps: ReadPlaylistDeps,
  { playlist, token, ...owned }: Owned & { playlist: string; token: string },
): Promise<{ content: string; contentType: string }> => {
  const { status, playbackUrl, metadata } = await requireVideo(deps, owned)
  if (status !== 'processed' || !playbackUrl) throw problem('video.playlist_not_found')
  const isStoryboard = playlist === STORYBOARD
  const folder = folderOf(isStoryboard && metadata?.storyboardUrl ? metadata.storyboardUrl : playbackUrl)
  const text = await deps.storage.getText(folder + playlist)
  if (text === undefined) throw problem('video.playlist_not_found', { playlist })
  const file = (name: string) =>
    deps.storage.signGet(folder + name, { expiresSeconds: PLAYBACK_LINK_SECONDS })
  if (isStoryboard)
    return { content: await rewriteStoryboard(text, file), contentType: 'text/vtt; charset=utf-8' }
  const offered = playlist === MASTER ? await withSounds(deps, owned.videoId, text) : text
  const links = { playlist: (name: string) => `${name}?token=${encodeURIComponent(token)}`, file }
  return { content: await rewritePlaylist(offered, links), contentType: 'application/vnd.apple.mpegurl' }
}

export const STORYBOARD = 'storyboard.vtt'
const MASTER = 'master.m3u8'

const withSounds = async ({ sql }: ReadPlaylistDeps, videoId: string, master: string): Promise<string> => {
  const sounds = await listMediaFiles(sql, { videoId, kind: 'sound' })
  if (sounds.length === 0) return master
  const original = await listMediaFiles(sql, { videoId, kind: 'audio' })
  const describe = ({ language, details }: MediaFileRow) => ({ language, title: details?.title as string })
  const further = sounds.map(sound => ({
    ...describe(sound),
    uri: fileNameOf(sound.url),
  }))
  return offerSounds(master, original[0] ? describe(original[0]) : {}, further)
}
