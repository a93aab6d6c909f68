import type { TestDefinition } from '../../definition/declare/image-test.js'
import { timeLimit } from '../../model/async/time-limit.js'
import { CancelledError, EngineError, PolyarchError } from '../../model/errors.js'
import { isIndex } from '../../model/oci.js'
import { formatReference } from '../../model/reference.js'
import { readImageConfig } from '../../registry/image-config.js'
import { imageNotFound } from '../../registry/image-not-found.js'
import type { Output, PerformCall } from '../step.js'
import { commandIssues } from './command-test.js'
import { fileIssues } from './file-test.js'
import { metadataIssues, sizeIssues } from './metadata-test.js'
import { testFailure } from './test-failure.js'
import { isRecorded } from './test-key.js'
import { recordPassed } from './test-record.js'
import type { TestServices, TestWork } from './test-work.js'
import type { ImageUnderTest } from './tested-image.js'
import { openTestedImage } from './tested-image.js'

/**
 * Runs a test on an image, and records that it has passed.
 *
 * @throws EngineError TEST_FAILED if the image does not pass; any error that is not a result of the test;
 * CancelledError
 */
export async function performTest(
  work: TestWork,
  output: Output,
  services: TestServices,
  call: PerformCall,
): Promise<void> {
  const { test } = work.node
  const limit = 'timeout' in test ? test.timeout : undefined
  const signal = limit === undefined ? call.signal : timeLimit(limit, ...(call.signal ? [call.signal] : []))
  try {
    const image = await readImage(work, output, services, { ...call, signal })
    const issues = await issuesOf(test, image)
    if (issues.length > 0) throw testFailure(issues.join('; '))
    if (isRecorded(test)) await recordPassed(work, output, services.registry, call)
  } catch (error) {
    const isLate = limit !== undefined && signal?.aborted === true && call.signal?.aborted !== true
    throw described(isLate ? testFailure(`it did not end within ${limit / 1000} s`, error) : error, work)
  }
}

async function readImage(
  { node, resolved }: TestWork,
  { reference, descriptor }: Output,
  { registry, files, contexts }: TestServices,
  call: PerformCall,
): Promise<ImageUnderTest> {
  const manifest = await registry.getManifest(reference, call)
  if (manifest === undefined || isIndex(manifest.content)) {
    throw imageNotFound(`${formatReference(reference)} does not exist after it was pushed`)
  }
  const image = { reference, manifest: manifest.content }
  const { config, layers } = image.manifest
  return {
    platform: node.platform,
    image,
    config: await readImageConfig(registry, reference, image.manifest, call),
    size: [config, ...layers].reduce((sum, { size }) => sum + size, 0),
    files: () => files.open(image, descriptor.digest, registry, call),
    mount: resolved.mount?.context,
    epoch: contexts.epoch,
    call,
  }
}

async function issuesOf(test: TestDefinition, image: ImageUnderTest): Promise<readonly string[]> {
  switch (test.kind) {
    case 'command':
      return commandIssues(test, image)
    case 'file':
      return fileIssues(test, image)
    case 'metadata':
      return metadataIssues(test, image)
    case 'size':
      return sizeIssues(test, image)
    case 'function':
      return functionIssues(test, image)
  }
}

async function functionIssues(
  { run }: Extract<TestDefinition, { readonly kind: 'function' }>,
  image: ImageUnderTest,
): Promise<readonly string[]> {
  const { signal } = image.call
  let stop: (() => void) | undefined
  const aborted = new Promise<never>((_resolve, reject) => {
    stop = () => reject(new CancelledError(signal?.reason))
    signal?.addEventListener('abort', stop, { once: true })
  })
  try {
    await Promise.race([run(openTestedImage(image)), aborted])
    return []
  } catch (error) {
    if (error instanceof PolyarchError) throw error
    throw testFailure(error instanceof Error ? error.message : String(error), error)
  } finally {
    if (stop) signal?.removeEventListener('abort', stop)
  }
}

/** Adds the test's name to a failed test; other errors are unchanged. */
function described(error: unknown, { node: { test } }: TestWork): unknown {
  if (!(error instanceof EngineError) || !['TEST_FAILED', 'BUILD_FAILED'].includes(error.code)) return error
  const message = `test '${test.name}' failed: ${error.message}`
  return new EngineError('TEST_FAILED', message, {
    cause: error,
    ...(error.hint !== undefined && { hint: error.hint }),
  })
}
