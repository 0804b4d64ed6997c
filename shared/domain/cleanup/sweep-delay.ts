/** How long a second sweep waits: by then every step that was running has noticed that its run or video has ended, so nothing is written any more. */
export const SWEEP_DELAY_SECONDS = 120
