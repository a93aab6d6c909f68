/** Phrases of the plan's reasons that are about the present, and what they are once the node is finished. */
const PHRASES: readonly (readonly [present: string, past: string])[] = [
  ['the registry has it under', 'the registry had it under'],
  ['nothing in this run needs it', 'nothing in this run needed it'],
  ['known after', 'its key was known after'],
  ['not in the repository yet', 'was not in the repository'],
  ['are not recorded', 'were not recorded'],
  ['does not show where', 'did not show where'],
  ['its images differ from', 'its images differed from'],
  ['the image has not passed it yet', 'the image had not passed it'],
  ['runs every time', 'is run every time'],
  ['tests are skipped: the image is not tested', 'tests were skipped: the image was not tested'],
  ['reuse is disabled', 'reuse was disabled'],
]

/** A reason of the plan in the past tense. */
export function pastReason(reason: string): string {
  return PHRASES.reduce((text, [present, past]) => text.replaceAll(present, past), reason)
}
