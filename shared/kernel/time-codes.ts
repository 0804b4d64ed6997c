const two = (value: number): string => String(value).padStart(2, '0')

/** Milliseconds as "MM:SS", from one hour on as "H:MM:SS"; fractions of a second are cut off. */
export const formatTimeCode = (ms: number): string => {
  const seconds = Math.max(0, Math.floor(ms / 1000))
  const hours = Math.floor(seconds / 3600)
  const rest = `${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`
  return hours > 0 ? `${hours}:${rest}` : rest
}

/** "MM:SS", "H:MM:SS", each with an optional fraction ("00:12.500", "00:12,5"), in milliseconds; undefined for anything else. */
export const parseTimeCode = (text: string): number | undefined => {
  const match = /^(?:(\d{1,3}):)?(\d{1,2}):([0-5]\d)(?:[.,](\d{1,3}))?$/.exec(text.trim())
  if (!match) return undefined
  const [, hours, minutes, seconds, fraction = ''] = match
  if (hours !== undefined && Number(minutes) > 59) return undefined
  return (Number(hours ?? 0) * 3600 + Number(minutes) * 60 + Number(seconds)) * 1000 + Number(fraction.padEnd(3, '0'))
}
