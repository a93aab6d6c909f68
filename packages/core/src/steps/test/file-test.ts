import type { FileStatus, FileTestDefinition } from '../../definition/declare/image-test.js'
import { textIssues } from './test-failure.js'
import type { ImageUnderTest } from './tested-image.js'

/** Compares a file of an image with a test. Reads layers; nothing runs. */
export async function fileIssues(
  test: FileTestDefinition,
  { files, call }: Pick<ImageUnderTest, 'files' | 'call'>,
): Promise<readonly string[]> {
  const { path, shouldExist, expectedContent, excludedContent } = test
  const image = await files()
  const status = image.status(path, { followsLast: test.type !== 'symlink' })
  if (status === undefined) return shouldExist ? [`${path} does not exist`] : []
  if (!shouldExist) return [`${path} exists: ${status.type}`]
  const issues = statusIssues(test, status)
  if (expectedContent.length + excludedContent.length === 0) return issues
  const content = await image.read(path, call)
  if (content === undefined) return [...issues, `${path} is not a file, but ${status.type}`]
  return [...issues, ...textIssues(path, content.toString(), expectedContent, excludedContent)]
}

function statusIssues({ path, type, mode, uid, gid }: FileTestDefinition, status: FileStatus): readonly string[] {
  const differs = <T>(what: string, expected: T | undefined, found: T, show: (value: T) => string = String) =>
    expected === undefined || expected === found ? [] : [`${path} has ${what} ${show(found)}, not ${show(expected)}`]
  return [
    ...differs('the type', type, status.type),
    ...differs('the mode', mode, status.mode, (bits) => bits.toString(8).padStart(4, '0')),
    ...differs('the uid', uid, status.uid),
    ...differs('the gid', gid, status.gid),
  ]
}
