import { expect, test } from 'vitest'
import { checkPlayback, type ExpectedPlayback } from '../../shared/domain/playback/check-playback.ts'

const film: ExpectedPlayback = {
  ...{ width: 640, height: 360, frameRate: 30, durationMs: 12_000, hasAudio: true },
  sounds: [],
}

/** A packet of a transport stream in which a frame of a track begins. */
const packet = (streamId: number, seconds: number) => {
  const ticks = Math.round(seconds * 90_000)
  const bytes = Buffer.alloc(188, 0xff)
  bytes.set([0x47, 0x41, 0x00, 0x10, 0, 0, 1, streamId, 0, 0, 0x80, 0x80, 5])
  bytes[13] = 0x21 | (Math.floor(ticks / 2 ** 30) << 1)
  bytes[14] = (ticks >> 22) & 0xff
  bytes[15] = ((ticks >> 14) & 0xfe) | 1
  bytes[16] = (ticks >> 7) & 0xff
  bytes[17] = ((ticks << 1) & 0xfe) | 1
  return bytes
}
const stream = (pictureSeconds: number, soundSeconds: number) =>
  Buffer.concat([
    ...[packet(0xe0, 2), packet(0xc0, 2), packet(0xe0, 2.1)],
    ...[packet(0xe0, 2 + pictureSeconds), packet(0xc0, 2 + soundSeconds), packet(0xc0, 2.1)],
  ])

const master = (attributes: string) =>
  `#EXTM3U\n#EXT-X-VERSION:4\n#EXT-X-STREAM-INF:BANDWIDTH=800000,${attributes}\nmaster_360p.m3u8\n`
const good = 'CODECS="avc1.64001e,mp4a.40.2",RESOLUTION=640x360,FRAME-RATE=30.000'
const media = (target: number, ...seconds: number[]) =>
  [
    ...['#EXTM3U', '#EXT-X-VERSION:4', `#EXT-X-TARGETDURATION:${target}`, '#EXT-X-PLAYLIST-TYPE:VOD'],
    ...seconds.flatMap((length, i) => [
      `#EXTINF:${length},`,
      `#EXT-X-BYTERANGE:1000@${i * 1000}`,
      'master_360p.ts',
    ]),
    '#EXT-X-ENDLIST',
  ].join('\n')

const faultsOf = (changed: {
  master?: string
  media?: string
  stream?: Buffer
  film?: Partial<ExpectedPlayback>
}) => {
  const texts: Record<string, string | undefined> = {
    'master.m3u8': changed.master ?? master(good),
    'master_360p.m3u8': changed.media ?? media(4, 4, 4, 4),
  }
  const bytes = changed.stream ?? stream(11.96, 11.98)
  return checkPlayback(
    {
      readText: async name => texts[name],
      readEnds: async () => ({ start: bytes, end: bytes.subarray(100) }),
    },
    { ...film, ...changed.film },
  )
}

test('A film that plays has no faults', async () => expect(await faultsOf({})).toEqual([]))

test.each<[string, Parameters<typeof faultsOf>[0], string]>([
  [
    'a picture without size',
    { master: master(good.replace('640x360', '0x0')) },
    'the sizes are 0x0, not 640x360',
  ],
  [
    'a codec that nobody knows',
    { master: master(good.replace('64001e', '6400-63')) },
    'has the codecs avc1.6400-63',
  ],
  ['no pictures a second', { master: master(good.replace('30.000', '0.000')) }, '0 pictures a second'],
  ['sound that it should not have', { film: { hasAudio: false } }, 'has the codecs avc1.64001e,mp4a.40.2'],
  ['a target duration below its segments', { media: media(3, 3.5, 3.5, 5) }, 'has the target duration 3'],
  ['a playlist that is shorter than the film', { media: media(4, 4, 4) }, 'lasts 8.000 s, the film 12 s'],
  ['sound that ends early', { stream: stream(11.96, 2.9) }, 'the sound of master_360p.ts ends at 4.9'],
  ['a picture that ends early', { stream: stream(0.1, 11.98) }, 'the picture of master_360p.ts ends at 2.1'],
  ['a further sound that is missing', { film: { sounds: ['sound_1.m3u8'] } }, 'sound_1.m3u8 is missing'],
])('A film would not be published with %s', async (_, changed, fault) => {
  expect((await faultsOf(changed)).join('; ')).toContain(fault)
})
