import type { TestDefinition } from '../../definition/declare/image-test.js'
import type { TestNode } from '../../graph/node.js'
import type { Digest } from '../../model/digest.js'
import { keyOf } from '../key.js'

/** Key of a test: the image, the platform that it runs as, and everything that the test conditionsOf. */
export function testKey(
  { test, platform }: Pick<TestNode, 'test' | 'platform'>,
  files: Digest | undefined,
  image: Digest,
): string {
  return keyOf('test', { image, platform, test: conditionsOf(test), ...(files !== undefined && { files }) })
}

/** Whether a passed test is found by later runs. A function has no content to compare, so it needs a version. */
export function isRecorded(test: TestDefinition): boolean {
  return test.kind !== 'function' || test.version !== undefined
}

/** The properties of a test that determine whether an image passes. */
function conditionsOf(test: TestDefinition): object {
  switch (test.kind) {
    case 'command': {
      const { timeout: _timeout, mount, ...rest } = test
      return { ...rest, ...(mount && { target: mount.target }) }
    }
    case 'function': {
      const { kind, name, version } = test
      return { kind, name, version: version ?? null }
    }
    default:
      return test
  }
}
