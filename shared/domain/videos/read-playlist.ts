import { PLAYBACK_LINK_SECONDS } from '../../contract/limits.ts'
import { problem } from '../../contract/problems.ts'
import { parseObjectUrl } from '../../kernel/object-url.ts'
import { requireVideo } from './require-video.ts'
import { rewritePlaylist } from './rewrite-playlist.ts'
import type { Owned, VideoDeps } from './video-deps.ts'

type Deps = Pick<VideoDeps, 'sql' | 'videos' | 'storage'>

/**
 * A playlist of a processed video that plays without headers: variants repeat the token, media files are signed. Who may read it has been checked.
 * Throws `video.not_found`, `video.playlist_not_found`.
 */
export const readPlaylist = async (
  deps: Deps,
  { playlist, token, ...owned }: Owned & { playlist: string; token: string },
): Promise<string> => {
  const { status, playbackUrl } = await requireVideo(deps, owned)
  if (status !== 'processed' || !playbackUrl) throw problem('video.playlist_not_found', { detail: 'This video cannot be played yet.' })
  const folder = parseObjectUrl(playbackUrl).key.replace(/[^/]+$/, '')
  const text = await deps.storage.getText(folder + playlist)
  if (text === undefined) throw problem('video.playlist_not_found', { detail: `There is no playlist ${playlist}.` })
  return rewritePlaylist(text, {
    playlist: name => `${name}?token=${encodeURIComponent(token)}`,
    file: name => deps.storage.signGet(folder + name, { expiresSeconds: PLAYBACK_LINK_SECONDS }),
  })
}
