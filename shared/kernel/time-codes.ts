const two = (value: number): string => String(value).padStart(2, '0')

/** Milliseconds as "MM:SS", from one hour on as "H:MM:SS"; fractions of a second are cut off. */
export const formatTimeCode = (ms: number): string => {
  const seconds = Math.max(0, Math.floor(ms / 1000))
  const hours = Math.floor(seconds / 3600)
  const rest = `${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`
  return hours > 0 ? `${hours}:${rest}` : rest
}

/**
 * Milliseconds as caption files write them: "HH:MM:SS.mmm", with the decimal sign of the format.
 */
export const formatCueTime = (ms: number, point: '.' | ',' = '.'): string => {
  const whole = Math.max(0, Math.round(ms))
  const seconds = Math.floor(whole / 1000)
  const clock = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60].map(two).join(':')
  return `${clock}${point}${String(whole % 1000).padStart(3, '0')}`
}
