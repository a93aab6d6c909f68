/**
 * Contract tests of plugins, and checks of the images and archives that they declare.
 *
 * @module \@polyarch/core/testing
 */

export { checkPublished, type PublishedFinding, type PublishedOptions } from './check-published.js'
export { type ContractCases, type ContractTest, pluginContract, type RejectedCase } from './plugin-contract.js'
