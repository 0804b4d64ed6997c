import { startHubStack } from '../../dev/hub-stack.ts'

// A hub as a process of its own.
const [stateDir = '', ports = '{}'] = process.argv.slice(2)
await startHubStack({ stateDir, ...JSON.parse(ports), environment: process.env })
console.log('ready')
