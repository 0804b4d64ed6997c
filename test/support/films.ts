import { createHash } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { buildFixture, makeFixture, speechClips } from './fixtures.ts'

/** Films of kinds that players and converters get wrong; each is made by its recipe. */

const speech = () => speechClips()[0]!.file
const h264 = ['-c:v', 'libx264', '-preset', 'superfast', '-pix_fmt', 'yuv420p']
const picture = (seconds: number, { size = '320x180', rate = '15' } = {}) => [
  ...['-f', 'lavfi', '-i', `testsrc2=s=${size}:r=${rate}:d=${seconds}`],
]
const tone = (hertz: number, seconds: number) => ['-f', 'lavfi', '-i', `sine=f=${hertz}:d=${seconds}`]

/** Makes a film and then writes over some of its bytes. */
const patched = (name: string, args: string[], patch: (bytes: Buffer) => Buffer) =>
  buildFixture(
    name,
    [],
    async file => {
      const whole = await makeFixture(`whole-${name}`, [], args)
      await writeFile(file, patch(await readFile(whole)))
    },
    [args, patch.toString()],
  )

const replaced = (bytes: Buffer, from: string, to: string) => {
  const at = bytes.indexOf(from, 0, 'latin1')
  if (at < 0) throw new Error(`the film has no ${from}`)
  bytes.write(to, at, 'latin1')
  return bytes
}

export const soundEndsEarly = () =>
  makeFixture('sound-ends-early.mp4', [], [...picture(6), ...tone(440, 2), ...h264, '-c:a', 'aac'])

export const onePictureUnderLongSound = () =>
  makeFixture(
    'one-picture.mp4',
    [],
    [...picture(0.04, { rate: '25' }), ...tone(440, 6), ...h264, '-c:a', 'aac'],
  )

export const pictureBeginsLate = () =>
  makeFixture(
    'picture-begins-late.mkv',
    [],
    ['-itsoffset', '2', ...picture(3), ...tone(440, 6), '-map', '0:v', '-map', '1:a', ...h264, '-c:a', 'aac'],
  )

export const aPictureEveryTwoSeconds = () =>
  makeFixture('slides.mp4', [], [...picture(10, { rate: '0.5' }), ...h264])

/** Two sounds, the first in a format that nobody decodes. */
export const firstSoundUnreadable = () =>
  patched(
    'apac-then-aac.mp4',
    [
      ...picture(5),
      ...tone(300, 5),
      ...tone(1200, 5),
      '-map',
      '0',
      '-map',
      '1',
      '-map',
      '2',
      ...h264,
      '-c:a',
      'aac',
    ],
    bytes => replaced(replaced(bytes, 'mp4a', 'apac'), 'esds', 'free'),
  )

/** FLV whose header denies its sound. */
export const soundThatTheHeaderDenies = () =>
  patched(
    'denied.flv',
    [
      ...picture(5),
      ...tone(440, 5),
      ...h264,
      '-c:a',
      'libmp3lame',
      '-ar',
      '22050',
      '-flvflags',
      'no_metadata',
    ],
    bytes => {
      bytes[4] = 1
      return bytes
    },
  )

/** The first sound is French, the default one English. */
export const twoLanguages = () =>
  makeFixture(
    'two-languages.mkv',
    [],
    [
      ...[...picture(6), ...tone(300, 6), ...tone(1200, 6), '-map', '0', '-map', '1', '-map', '2', ...h264],
      ...['-c:a', 'aac', '-metadata:s:a:0', 'language=fra', '-metadata:s:a:1', 'language=eng'],
      ...['-disposition:a:0', '0', '-disposition:a:1', 'default'],
    ],
  )

const wide = (transfer: string) =>
  `zscale=tin=bt709:min=bt709:pin=bt709:t=${transfer}:m=bt2020nc:p=bt2020:npl=203,format=yuv420p10le`
const x265 = (transfer: string) => [
  ...['-c:v', 'libx265', '-preset', 'ultrafast', '-tag:v', 'hvc1'],
  ...['-x265-params', `log-level=error:colorprim=bt2020:transfer=${transfer}:colormatrix=bt2020nc`],
]
export const highDynamicRange = (transfer: 'arib-std-b67' | 'smpte2084') =>
  makeFixture(`${transfer}.mp4`, [], [...picture(2), '-vf', wide(transfer), ...x265(transfer)])
export const wideColours = () =>
  makeFixture('wide.mp4', [], [...picture(2), '-vf', wide('2020_10'), ...x265('bt2020-10')])

const fields = ['-vf', 'scroll=h=0.01,tinterlace=interleave_top,setfield=tff', '-flags', '+ildct+ilme']
export const interlaced = (name: string, codec: string[]) =>
  makeFixture(name, [], [...picture(3, { size: '640x360', rate: '50' }), ...fields, ...codec])
export const interlacedH264 = () => interlaced('fields.mp4', [...h264, '-x264opts', 'tff=1'])
export const interlacedMpeg2 = () => interlaced('fields.avi', ['-c:v', 'mpeg2video', '-q:v', '3'])

/** Three seconds of black lying, three of colours standing. */
export const turnedInTheMiddle = async () => {
  const vp8 = ['-c:v', 'libvpx', '-deadline', 'realtime', '-b:v', '1M']
  const black = ['-f', 'lavfi', '-i', 'color=black:s=320x180:r=15:d=3']
  const lying = await makeFixture('lying.webm', [], [...black, ...vp8])
  const standing = await makeFixture('standing.webm', [], [...picture(3, { size: '180x320' }), ...vp8])
  const text = `file ${lying}\nfile ${standing}\n`
  const list = await buildFixture('turned.txt', [], file => writeFile(file, text), text)
  const joined = ['-f', 'concat', '-safe', '0', '-i', list, '-c', 'copy']
  return makeFixture('turned.webm', [list, lying, standing], joined)
}

const unsigned = (bytes: Buffer, at: number) => {
  const length = Math.clz32(bytes[at]!) - 23
  const value = bytes.subarray(at, at + length).reduce((sum, byte) => sum * 256 + byte, 0)
  return { length, value: value - 2 ** (7 * length) }
}

const [SEEK_HEAD, TRACKS, SEGMENT] = ['114d9b74', '1654ae6b', '18538067'].map(id => Buffer.from(id, 'hex'))

/** Overwrites an element of a Matroska file with one that readers pass over. */
const voidElement = (bytes: Buffer, from: number, length: number) => {
  bytes.fill(0, from, from + length)
  bytes[from] = 0xec
  bytes.writeUInt32BE(0x10000000 + length - 5, from + 1)
}

/** Matroska whose track list stands after the clusters, as header editors leave it. */
export const tracksAfterClusters = () => {
  const film = [...picture(5), ...tone(440, 5), ...h264, '-c:a', 'aac']
  return patched('tracks-at-end.mkv', film, bytes => {
    const start = bytes.indexOf(SEGMENT!) + 4 + 8
    const lengthOf = (at: number) => {
      const { length, value } = unsigned(bytes, at + 4)
      return 4 + length + value
    }
    const head = bytes.indexOf(SEEK_HEAD!)
    const tracks = bytes.indexOf(TRACKS!, head + lengthOf(head))
    const moved = Buffer.from(bytes.subarray(tracks, tracks + lengthOf(tracks)))
    const seek = Buffer.from('114d9b74914dbb8e53ab841654ae6b53ac8400000000', 'hex')
    seek.writeUInt32BE(bytes.length - start, seek.length - 4)
    voidElement(bytes, head + seek.length, lengthOf(head) - seek.length)
    seek.copy(bytes, head)
    voidElement(bytes, tracks, moved.length)
    bytes.writeBigUInt64BE(BigInt(bytes.length + moved.length - start) + (1n << 56n), start - 8)
    return Buffer.concat([bytes, moved])
  })
}

/** A MOV as cameras wrote it before there were brands: it begins with its samples. */
export const movWithoutBrand = () =>
  patched('no-brand.mov', [...picture(3), ...tone(440, 3), '-c:v', 'mjpeg', '-c:a', 'pcm_s16be'], bytes => {
    const cut = bytes.indexOf('mdat', 0, 'latin1') - 4
    for (let at = bytes.indexOf('stco', 0, 'latin1'); at >= 0; at = bytes.indexOf('stco', at + 4, 'latin1'))
      for (let i = 0; i < bytes.readUInt32BE(at + 8); i += 1)
        bytes.writeUInt32BE(bytes.readUInt32BE(at + 12 + 4 * i) - cut, at + 12 + 4 * i)
    return bytes.subarray(cut)
  })

/** The container says 320x240, the stream 640x360. */
export const containerOfAnotherSize = () =>
  patched('another-size.mp4', [...picture(3, { size: '640x360' }), ...h264], bytes => {
    const entry = bytes.indexOf('avc1', bytes.indexOf('stsd', 0, 'latin1'), 'latin1')
    bytes.writeUInt16BE(320, entry + 28)
    bytes.writeUInt16BE(240, entry + 30)
    const header = bytes.indexOf('tkhd', 0, 'latin1')
    bytes.writeUInt32BE(320 << 16, header + 80)
    bytes.writeUInt32BE(240 << 16, header + 84)
    return bytes
  })

export const shorterThanAPicture = () =>
  makeFixture('4ms.mp4', [], [...picture(0.004, { size: '64x64', rate: '1000' }), ...h264])

export const threeAndAHalfSeconds = () =>
  makeFixture('3.5s.mp4', [], [...picture(3.5, { rate: '30' }), ...h264])

/**
 * A film of eleven seconds of speech with a subtitle track whose last cue stands ten hours later.
 */
export const cueAfterTheEnd = async () => {
  const srt = [
    '1\n00:00:00,500 --> 00:00:02,000\nWords of the film\n',
    '2\n10:00:00,000 --> 10:00:02,000\nMore subtitles elsewhere\n',
  ].join('\n')
  const cues = await buildFixture('late.srt', [], file => writeFile(file, srt), srt)
  const inputs = [...picture(11), '-i', speech(), '-i', cues, '-map', '0', '-map', '1', '-map', '2']
  return makeFixture('late-cue.mkv', [speech(), cues], [...inputs, ...h264, '-c:a', 'aac', '-c:s', 'srt'])
}

/** Half of its pictures are noise. */
export const unreadableFromTheMiddle = () =>
  patched(
    'half.mp4',
    [...picture(8, { size: '640x360' }), ...tone(440, 8), ...h264, '-c:a', 'aac'],
    bytes => {
      const start = bytes.indexOf('mdat', 0, 'latin1')
      const end = bytes.indexOf('moov', 0, 'latin1')
      for (let at = start + Math.floor((end - start) / 2); at < end - 4; at += 1)
        bytes[at] = createHash('md5').update(String(at)).digest()[0]!
      return bytes
    },
  )

/** Cut off in the middle, as an upload that broke. */
export const cutOff = () =>
  patched(
    'cut.mp4',
    [
      ...picture(10, { size: '640x360' }),
      ...tone(440, 10),
      ...h264,
      '-c:a',
      'aac',
      '-movflags',
      '+faststart',
    ],
    bytes => bytes.subarray(0, Math.floor(bytes.length / 2)),
  )
