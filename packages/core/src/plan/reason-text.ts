import { shortDigest } from '../model/digest.js'
import type { ChangedPath, PlanReason } from '../model/run/plan-reason.js'

/** All reasons of a node as one line for people. */
export function reasonText(why: readonly PlanReason[]): string {
  return why.map(oneReason).join('; ')
}

function oneReason(reason: PlanReason): string {
  switch (reason.kind) {
    case 'present':
      return 'the registry has it under the same key'
    case 'unneeded':
      return 'nothing in this run needs it'
    case 'waiting':
      return `known after ${reason.after.join(', ')}`
    case 'absent':
      return 'not in the repository yet'
    case 'deleted':
      return 'the published image was deleted from the repository'
    case 'new-platform':
      return 'new platform'
    case 'base-moved':
      return `base moved from ${shortDigest(reason.from)} to ${reason.to === undefined ? 'a base to be made' : shortDigest(reason.to)}`
    case 'context-changed':
      return contextText(reason)
    case 'dockerfile-changed':
      return reason.line === undefined ? 'Dockerfile changed' : `Dockerfile changed at line ${reason.line}`
    case 'arg-changed':
      return `arg ${reason.name} ${reason.change}`
    case 'label-changed':
      return `label ${reason.name} ${reason.change}`
    case 'args-removed':
      return reason.count === 1 ? 'a build arg removed' : `${reason.count} build args removed`
    case 'key-secret-changed':
      return `keySecret ${reason.change}`
    case 'image-moved':
      return imageText(reason)
    case 'setting-changed':
      return `build setting ${reason.name} changed`
    case 'unrecorded':
      return 'changed; the inputs of the published image are not recorded'
    case 'unnamed':
      return 'changed; the record of the published image does not show where'
    case 'content-changed':
      return 'its images differ from the published index'
    case 'unpinned':
      return `${reason.sources.join(', ')} may have changed`
    case 'untested':
      return 'the image has not passed it yet'
    case 'unversioned':
      return 'a function without a version runs every time'
    case 'tests-skipped':
      return 'tests are skipped: the image is not tested'
    case 'forced':
      return 'reuse is disabled'
  }
}

function contextText({ paths, changed, removed }: Extract<PlanReason, { readonly kind: 'context-changed' }>): string {
  if (changed === undefined) return 'context changed'
  const more = changed - paths.length
  const parts = [
    ...paths.map(pathText),
    ...(more > 0 ? [`${more} more`] : []),
    ...(removed ? [`${removed} removed`] : []),
  ]
  return parts.length === 0 ? 'context changed' : `context changed: ${parts.join(', ')}`
}

function imageText({ name, change, from, to }: Extract<PlanReason, { readonly kind: 'image-moved' }>): string {
  if (change === 'added') return `${name} added to the Dockerfile`
  if (change === 'removed') return `${name} removed from the Dockerfile`
  return from === undefined || to === undefined
    ? `${name} moved`
    : `${name} moved from ${shortDigest(from)} to ${shortDigest(to)}`
}

function pathText({ path, change }: ChangedPath): string {
  if (change === 'mode') return `${path} (mode)`
  return change === 'added' ? `${path} (new)` : path
}
