/**
 * The only target of a playlist of ours: a file beside it. Anything else was not written by the
 * pipeline.
 */
const FILE_NAME = /^[\w-][\w.-]{0,100}$/
/** `URI="…"` of EXT-X-MAP, EXT-X-MEDIA, EXT-X-I-FRAME-STREAM-INF. */
const URI_ATTRIBUTE = /([:,]URI=")([^"]*)(")/

export type PlaylistLinks = {
  /** A variant's or other playlist's address. */
  playlist: (fileName: string) => string
  /**
   * A media file's address; asked once a file, so that all its byte ranges carry one and the same
   * link.
   */
  file: (fileName: string) => Promise<string>
}

/**
 * The playlist with every relative URI replaced by a link. Throws on a URI that leaves the
 * playlist's folder.
 */
export const rewritePlaylist = async (text: string, links: PlaylistLinks): Promise<string> => {
  const lines = text.split(/\r?\n/)
  const resolved = new Map<string, string>()
  for (const uri of lines.map(uriOf).filter(uri => uri !== undefined)) {
    if (resolved.has(uri)) continue
    if (!FILE_NAME.test(uri)) throw new Error(`a playlist points to "${uri}"`)
    resolved.set(uri, uri.endsWith('.m3u8') ? links.playlist(uri) : await links.file(uri))
  }
  const linkOf = (uri: string) => resolved.get(uri) ?? uri
  return lines
    .map(line => {
      if (!line.startsWith('#')) return line.trim() === '' ? line : linkOf(line.trim())
      return line.startsWith('#EXT')
        ? line.replace(URI_ATTRIBUTE, (_, before, uri, after) => `${before}${linkOf(uri)}${after}`)
        : line
    })
    .join('\n')
}

const uriOf = (line: string): string | undefined => {
  if (!line.startsWith('#')) return line.trim() || undefined
  return line.startsWith('#EXT') ? line.match(URI_ATTRIBUTE)?.[2] : undefined
}

/** `storyboard.jpg#xywh=…`: a tile of the picture beside the storyboard. */
const TILE = /^(storyboard\.jpg)(?=#xywh=)/gm

/** The storyboard with the link of its picture in every cue. */
export const rewriteStoryboard = async (vtt: string, file: PlaylistLinks['file']): Promise<string> => {
  const link = await file('storyboard.jpg')
  return vtt.replace(TILE, () => link)
}
