export type Clock = () => Date

/** The time of this machine. */
export const systemClock: Clock = () => new Date()

/** A later time; negative seconds give an earlier one. */
export const addSeconds = (time: Date, seconds: number): Date => new Date(time.getTime() + seconds * 1000)
