import type { ProbedFile } from './probe.ts'

type Size = { width: number; height: number }

const pad = ({ width, height }: Size) => `pad=${width}:${height}:(ow-iw)/2:(oh-ih)/2:eval=frame`

/**
 * Input options with which the filters of this file meet a picture of another size in mid-film: a
 * graph that is built anew would begin again.
 */
export const ONE_GRAPH = ['-reinit_filter', '0']

/** Whole pictures; frames that are not tagged as interlaced pass untouched. */
export const deinterlaced = ({ interlaced, decoded }: ProbedFile): string[] => {
  if (!interlaced) return []
  // It wants pictures of one size.
  const size = { width: decoded.width + (decoded.width % 2), height: decoded.height + (decoded.height % 2) }
  return [
    `scale=${size.width}:${size.height}:force_original_aspect_ratio=decrease`,
    pad(size),
    'bwdif=mode=send_frame:deint=interlaced',
  ]
}

/**
 * Pictures of one size with square pixels. One of another shape gets bars, unless it differs only
 * by rounding.
 */
export const fitted = ({ width, height }: Size): string[] => {
  const sameShape = `lt(abs(dar*${height}/${width}-1)\\,0.02)`
  const even = (side: string) => `max(2\\,trunc(${side}/2)*2)`
  const w = `if(${sameShape}\\,${width}\\,${even(`min(${width}\\,${height}*dar)`)})`
  const h = `if(${sameShape}\\,${height}\\,${even(`min(${height}\\,${width}/dar)`)})`
  return [`scale=w=${w}:h=${h}:eval=frame`, 'setsar=1', pad({ width, height })]
}

/**
 * Wide colours and high dynamic range as BT.709. 100 nits are the white of standard dynamic range;
 * of the curves, mobius leaves colours nearest to those of a film that was made of one.
 */
export const in709 = ({ hdr, wideColour, colours }: ProbedFile): string[] => {
  if (!wideColour) return []
  const isKnown = (name: string) => name !== '' && name !== 'unknown'
  const source = [
    ...(isKnown(colours.transfer) ? [] : [':tin=2020_10']),
    ...(isKnown(colours.primaries) ? [] : [':pin=2020']),
    ...(isKnown(colours.matrix) ? [] : [':min=2020_ncl']),
  ].join('')
  if (!hdr) return [`zscale=p=bt709:t=bt709:m=bt709:r=tv${source}`]
  return [
    `zscale=t=linear:npl=100${source}`,
    'format=gbrpf32le',
    'zscale=p=bt709',
    'tonemap=mobius:desat=0',
    'zscale=t=bt709:m=bt709:r=tv',
  ]
}
