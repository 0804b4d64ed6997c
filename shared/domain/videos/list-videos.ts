import type { Sql } from '../../db/client.ts'
import { listVideos as listVideoRows, type VideoListQuery } from '../../db/repositories/videos.ts'
import { type PresentDeps, presentVideo } from './present-video.ts'

export type ListVideosDeps = PresentDeps & { sql: Sql }

/**
 * One page of a user's videos. It is not cached: its links expire and its progress moves while
 * somebody is looking.
 */
export const listVideos = async (
  deps: ListVideosDeps,
  { baseUrl, ...query }: VideoListQuery & { baseUrl: string },
) => {
  const { videos, total } = await listVideoRows(deps.sql, query)
  const { page, limit } = query
  return {
    videos: await Promise.all(videos.map(video => presentVideo(deps, video, baseUrl))),
    pagination: { page, limit, total, totalPages: Math.ceil(total / limit) },
  }
}
