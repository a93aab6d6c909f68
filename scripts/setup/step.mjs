// @ts-check

/**
 * Does a piece of set-up that takes noticeable time, and says so.
 *
 * @template T
 * @param {string} title
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function step(title, work) {
  const started = performance.now()
  console.log(`set-up: ${title} …`)
  const result = await work()
  console.log(`set-up: ${title}: done in ${((performance.now() - started) / 1000).toFixed(1)} s`)
  return result
}
