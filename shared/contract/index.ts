import { authRoutes } from './auth.ts'
import type { Routes } from './route.ts'
import { summariesRoutes } from './summaries.ts'
import { systemRoutes } from './system.ts'
import { uploadsRoutes } from './uploads.ts'
import { videosRoutes } from './videos.ts'

/**
 * The whole API by operation id. For infra, documents and tests: a function imports only its own
 * domain's table.
 */
export const routes: Routes = {
  ...authRoutes,
  ...videosRoutes,
  ...uploadsRoutes,
  ...summariesRoutes,
  ...systemRoutes,
}
