import type { OpenContext } from '../../context/context-file.js'
import type { TestNode } from '../../graph/node.js'
import type { Digest } from '../../model/digest.js'
import type { StepServices, Work } from '../step.js'

/** The files that a test mounts, and their digest. */
export interface ResolvedTest {
  readonly mount?: { readonly context: OpenContext; readonly digest: Digest }
}

/** A test of one image. */
export type TestWork = Work<TestNode, ResolvedTest>

/** The services that tests use. */
export type TestServices = Pick<StepServices, 'registry' | 'files' | 'contexts'>
