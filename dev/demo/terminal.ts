const WIDTH = 32

/**
 * A progress bar that stays on one line of a terminal, and is a line a message where there is none.
 */
export const createProgressBar = (out: NodeJS.WriteStream = process.stdout) => {
  let last = ''
  return {
    show(percent: number, message: string) {
      const filled = Math.round((percent / 100) * WIDTH)
      const line = `  ${'█'.repeat(filled)}${'░'.repeat(WIDTH - filled)} ${String(Math.floor(percent)).padStart(3)} %  ${message}`
      if (out.isTTY) out.write(`\r\u001b[2K${line}`)
      else if (message !== last) out.write(`${line}\n`)
      last = message
    },
    end() {
      if (out.isTTY) out.write('\n')
    },
  }
}

const two = (value: number) => String(value).padStart(2, '0')

/** Seconds as MM:SS. */
export const clock = (seconds: number): string =>
  `${two(Math.floor(seconds / 60))}:${two(Math.floor(seconds % 60))}`

export const heading = (text: string): string => `\n${text}\n${'─'.repeat(text.length)}`
