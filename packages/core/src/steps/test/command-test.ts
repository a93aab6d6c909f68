import type { CommandTestDefinition } from '../../definition/declare/image-test.js'
import { textIssues } from './test-failure.js'
import { CLIPPED_OUTPUT, type ImageUnderTest, outputText, runCommand } from './tested-image.js'

/** Runs a command in an image. @returns the differences from the expected result, with the output at the end */
export async function commandIssues(test: CommandTestDefinition, image: ImageUnderTest): Promise<readonly string[]> {
  const result = await runCommand({ ...test, target: test.mount?.target }, image)
  const { exitCode, stdout, stderr } = result
  const texts = [
    ...textIssues('its output', stdout, test.expectedOutput, test.excludedOutput),
    ...textIssues('its error output', stderr, test.expectedError, test.excludedError),
  ]
  const expectations = [test.expectedOutput, test.excludedOutput, test.expectedError, test.excludedError]
  const issues = [
    ...(exitCode === test.exitCode ? [] : [`exit code ${exitCode}, not ${test.exitCode}`]),
    ...(result.isClipped && expectations.some(({ length }) => length > 0) ? [CLIPPED_OUTPUT] : texts),
  ]
  return issues.length === 0 ? [] : [`${test.command.join(' ')}: ${issues.join('; ')}${outputText(result)}`]
}
