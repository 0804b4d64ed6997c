import { join } from 'node:path'
import { createSecretReader } from '../../shared/aws/secrets.ts'
import { DATABASE_KEYS, readConfig } from '../../shared/config/config.ts'
import { connectDatabase } from '../../shared/db/connect.ts'
import { migrate } from '../../shared/db/migrate.ts'
import { logFaults } from '../../shared/lambda/log-faults.ts'
import { createLogger } from '../../shared/observability/logger.ts'

const config = readConfig(process.env, [...DATABASE_KEYS])
const log = createLogger('migrate')
const sql = await connectDatabase(config, createSecretReader(config), { maxConnections: 1 })

/**
 * Called by the deployment after the database is there and before the functions that need it
 * change. A throw fails the deployment.
 */
export const handler = logFaults(
  async () => {
    const applied = await migrate(sql, join(import.meta.dirname, 'migrations'))
    log.info('Database is up to date', { applied })
    return { applied }
  },
  { log, failureMessage: 'Migration failed' },
)
