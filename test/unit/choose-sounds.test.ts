import { expect, test } from 'vitest'
import { chooseSounds } from '../../shared/domain/media/choose-sounds.ts'

type Track = Parameters<typeof chooseSounds>[0][number]
const track = (title: string, about: Partial<Track> = {}): Track => ({
  ...{ title, isDefault: false, isExtra: false, isSilent: false },
  ...about,
})
const first = (tracks: Track[], announced?: string) => chooseSounds(tracks, announced)[0]?.title

test.each<[string, Track[], string | undefined, string]>([
  ['the first, if nothing tells them apart', [track('a'), track('b')], undefined, 'a'],
  ['the default of the file', [track('a'), track('b', { isDefault: true })], undefined, 'b'],
  [
    'what can be heard, before a silent default',
    [track('a', { isDefault: true, isSilent: true }), track('b')],
    undefined,
    'b',
  ],
  [
    'the film, before a commentary on it',
    [track('a', { isDefault: true, isExtra: true }), track('b')],
    undefined,
    'b',
  ],
  [
    'the announced language, whatever its region, before all',
    [track('a', { language: 'en', isDefault: true }), track('b', { language: 'vi' })],
    'vi-VN',
    'b',
  ],
])('The sound that is played is %s', (_, tracks, announced, expected) => {
  expect(first(tracks, announced)).toBe(expected)
})

test('Beside it at most four are offered, each of another language or title', () => {
  const nameless: Track = { isDefault: false, isExtra: false, isSilent: false }
  const offered = chooseSounds(
    [track('a'), track('a'), nameless, ...['b', 'c', 'd', 'e', 'f'].map(title => track(title))],
    undefined,
  )
  expect(offered.map(({ title }) => title)).toEqual(['a', 'b', 'c', 'd', 'e'])
})
