import { PLAYBACK_LINK_SECONDS } from '../../contract/limits.ts'
import { problem } from '../../contract/problems.ts'
import { isProblem } from '../../kernel/problem.ts'
import { signToken, verifyToken } from './tokens.ts'

export type Playback = { userId: string; videoId: string }

/**
 * A token for the playlists of one video and nothing else; players repeat it in addresses because
 * they send no headers.
 */
export const signPlaybackToken = (
  jwtSecret: string,
  o: Playback & { tokenId: string; now: Date },
): Promise<string> =>
  signToken(jwtSecret, {
    claims: { typ: 'playback', userId: o.userId, videoId: o.videoId },
    tokenId: o.tokenId,
    now: o.now,
    lifetimeSeconds: PLAYBACK_LINK_SECONDS,
  })

/**
 * Whose video may be played with it. Throws `playback.link_expired` and, also for a token of
 * another video, `playback.link_invalid`.
 */
export const verifyPlaybackToken = async (
  jwtSecret: string,
  o: { token: string; videoId: string; now: Date },
): Promise<Playback> => {
  const { userId, videoId } = await verifyToken(jwtSecret, {
    token: o.token,
    typ: 'playback',
    now: o.now,
  }).catch(error => {
    if (!isProblem(error)) throw error
    throw problem(error.code === 'auth.token_expired' ? 'playback.link_expired' : 'playback.link_invalid')
  })
  if (videoId !== o.videoId) throw problem('playback.link_invalid')
  return { userId: String(userId), videoId: o.videoId }
}
