import { chromium, type Page } from 'playwright-core'
import { findOnPath } from '../../packages/local-aws/src/engines/redis.ts'

const executablePath = ['chromium', 'google-chrome'].map(findOnPath).find(Boolean)
const quiet = [
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
]
const args = ['--no-sandbox', '--disable-gpu', '--autoplay-policy=no-user-gesture-required', ...quiet]

/** True on a machine with Chromium or Chrome. */
export const hasBrowser = executablePath !== undefined

/** Starts Chromium. Its pages note what they complain of. */
export const startBrowser = async () => {
  if (!executablePath) throw new Error('No Chromium is installed, and CI must not do without')
  const browser = await chromium.launch({ executablePath, args })
  return {
    /** A new page, and everything that it complained of. */
    open: async (address: string) => {
      const page: Page = await browser.newPage()
      const complaints: string[] = []
      page.on('console', message => message.type() === 'error' && complaints.push(message.text()))
      page.on('pageerror', error => complaints.push(error.message))
      await page.goto(address)
      return { page, complaints }
    },
    close: () => browser.close(),
  }
}
