/**
 * Measures how long this process computes for some work, in milliseconds: other processes of a busy machine do not count.
 * For bounds that are far from both the usual time and that of the issue, such as quadratic time on a long input.
 */
export async function processorTime(work: () => unknown): Promise<number> {
  const before = process.cpuUsage()
  await work()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1000
}
