/**
 * For the tests of plugins, and of what was published.
 *
 * @module \@polyarch/core/testing
 */

export { checkPublished, type PublishedFinding, type PublishedOptions } from './check-published.js'
export { type ContractCases, type ContractTest, pluginContract, type RejectedCase } from './plugin-contract.js'
