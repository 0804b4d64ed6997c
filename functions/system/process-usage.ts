/** Resident megabytes of this process and percent of one core that it used over its life. */
export const processUsage = () => {
  const { user, system } = process.cpuUsage()
  const percent = (user + system) / 1e4 / process.uptime()
  return { memoryMb: Math.round(process.memoryUsage.rss() / 1e6), cpuPercent: Math.round(percent * 10) / 10 }
}
