/**
 * Tags with which an ASS event draws a shape, or puts its text onto a place of the picture: signs
 * and titles, which nobody says.
 */
const DRAWN = /\{[^{}]*\\(?:p[1-9]|pos\(|move\(|org\(|clip\(|iclip\()/
/** The fields of an event before its text. */
const FIELDS = 9
const EFFECT = 8

/**
 * The effects `fx`, `template` and `code` mark the frames of karaoke, not the line that is sung.
 */
const isDrawn = (line: string): boolean => {
  const fields = line.split(',', FIELDS)
  const text = line.slice(fields.join(',').length + 1)
  return DRAWN.test(text) || /^(fx|template|code)/i.test(fields[EFFECT]?.trim() ?? '')
}

/** The ASS file without the events that are drawn. */
export const onlyDialogue = (ass: string): string =>
  ass
    .split(/\r?\n/)
    .filter(line => !line.startsWith('Dialogue:') || !isDrawn(line))
    .join('\n')
