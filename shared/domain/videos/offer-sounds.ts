/** A sound track as viewers choose it. */
export type Sound = { language?: string | null; title?: string | null }
/** One that is played beside the pictures; `uri` is its playlist. */
export type FurtherSound = Sound & { uri: string }

const GROUP = 'sound'

/** Quotes and line ends would end the attribute. */
const quoted = (text: string) => `"${text.replace(/[\p{Cc}"]/gu, ' ').trim()}"`

/** `vi` -> `Tiếng Việt`: a language is named in itself. */
const inItself = (language: string) =>
  new Intl.DisplayNames([language], { type: 'language' }).of(language) ?? language

const nameOf = ({ title, language }: Sound, fallback: string) =>
  title || (language ? inItself(language) : fallback)

const media = (sound: Sound, name: string, rest: string[]) =>
  `#EXT-X-MEDIA:${[
    'TYPE=AUDIO',
    `GROUP-ID="${GROUP}"`,
    `NAME=${quoted(name)}`,
    ...(sound.language ? [`LANGUAGE=${quoted(sound.language)}`] : []),
    ...rest,
  ].join(',')}`

/**
 * The master playlist with further sounds to choose from. The first is within the variants, so it
 * has no URI (RFC 8216, 4.3.4.2.1). Names are made unique: players tell tracks apart by them.
 */
export const offerSounds = (master: string, first: Sound, further: readonly FurtherSound[]): string => {
  if (further.length === 0) return master
  const names = new Set<string>()
  const unique = (name: string) => {
    let candidate = name
    for (let i = 2; names.has(candidate); i += 1) candidate = `${name} ${i}`
    names.add(candidate)
    return candidate
  }
  const offers = [
    media(first, unique(nameOf(first, 'Original')), ['DEFAULT=YES', 'AUTOSELECT=YES']),
    ...further.map((sound, i) =>
      media(sound, unique(nameOf(sound, `Sound ${i + 2}`)), [
        'DEFAULT=NO',
        'AUTOSELECT=YES',
        `URI="${sound.uri}"`,
      ]),
    ),
  ]
  const lines = master.split(/\r?\n/)
  const variant = lines.findIndex(line => line.startsWith('#EXT-X-STREAM-INF:'))
  return [...lines.slice(0, variant), ...offers, ...lines.slice(variant)]
    .map(line => (line.startsWith('#EXT-X-STREAM-INF:') ? `${line},AUDIO="${GROUP}"` : line))
    .join('\n')
}
