// @ts-check
import { ensureArchivePackages } from './archive-packages.mjs'
import { ensureBusybox } from './busybox.mjs'
import { prepareMachine } from './machine.mjs'
import { ensureNewerEngine } from './newer-engine.mjs'
import { ensureNewerNode } from './newer-node.mjs'
import { BASE_TOOLS, TEST_TOOLS } from './packages.mjs'
import { SetupError } from './setup-error.mjs'
import { ensureSidPrograms } from './sid-programs.mjs'
import { ensureSidSkopeo } from './sid-skopeo.mjs'

/** Prepares machine and repository for all tests. Does nothing if that is done already. */
export async function prepareTestMachine() {
  if (process.getuid?.() !== 0) {
    throw new SetupError(
      'the tests start engines of their own: run `sudo npm test`, or `npm run test:unit` for the others',
    )
  }
  await prepareMachine([...BASE_TOOLS, ...TEST_TOOLS])
  await ensureBusybox()
  await ensureArchivePackages()
  await ensureNewerEngine()
  await ensureSidPrograms()
  await ensureSidSkopeo()
  await ensureNewerNode()
}
