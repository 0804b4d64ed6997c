import * as z from 'zod'
import { UserEvent } from './events.ts'
import { isoTime, uuid } from './fields.ts'
import { Job } from './jobs.ts'
import { defineRoutes } from './route.ts'

const upOrDown = z.enum(['up', 'down'])

export const Health = z
  .object({
    status: z.enum(['healthy', 'unhealthy']),
    timestamp: isoTime,
    services: z.object({ database: upOrDown, redis: upOrDown, storage: upOrDown, ai_services: upOrDown }),
    metrics: z.object({
      activeUsers: z.number(),
      processingJobs: z.number(),
      queueSize: z.number(),
      memoryUsage: z.number().meta({ description: 'Resident megabytes of the answering process' }),
      cpuUsage: z
        .number()
        .meta({ description: 'Percent of one core, over the life of the answering process' }),
    }),
  })
  .meta({ id: 'Health' })

export const systemRoutes = defineRoutes({
  getHealth: {
    method: 'GET',
    path: '/health',
    function: 'system',
    auth: 'none',
    summary: 'Whether the hub is well',
    responses: {
      200: { description: 'Measurements', schema: Health },
      503: { description: 'The database is down', schema: Health },
    },
    problems: [],
  },
  getOpenApi: {
    method: 'GET',
    path: '/openapi.json',
    function: 'system',
    auth: 'none',
    summary: 'This document',
    responses: { 200: { description: 'OpenAPI 3.1', contentType: 'application/json' } },
    problems: [],
  },
  getDocs: {
    method: 'GET',
    path: '/docs',
    function: 'system',
    auth: 'none',
    summary: 'Swagger UI',
    responses: { 200: { description: 'A page', contentType: 'text/html' } },
    problems: [],
  },
  getDocsAsset: {
    method: 'GET',
    path: '/docs/{asset}',
    function: 'system',
    auth: 'none',
    summary: 'A file of Swagger UI',
    params: z.object({ asset: z.string().regex(/^[a-z0-9.-]{1,60}$/) }),
    responses: { 200: { description: 'The file', contentType: '*/*' } },
    problems: ['route.not_found'],
  },
  getWatchPage: {
    method: 'GET',
    path: '/watch',
    function: 'system',
    auth: 'none',
    summary: 'A page that plays a video: /watch#<video id>.<playback token>',
    responses: { 200: { description: 'A page', contentType: 'text/html' } },
    problems: [],
  },
  getWatchAsset: {
    method: 'GET',
    path: '/watch/{asset}',
    function: 'system',
    auth: 'none',
    summary: 'A file of the watch page',
    params: z.object({ asset: z.string().regex(/^[a-z0-9.-]{1,60}$/) }),
    responses: { 200: { description: 'The file', contentType: '*/*' } },
    problems: ['route.not_found'],
  },
  getJob: {
    method: 'GET',
    path: '/jobs/{id}',
    function: 'system',
    auth: 'user',
    summary: 'How a job stands',
    params: z.object({ id: uuid }),
    responses: { 200: { description: 'The job', schema: Job } },
    problems: ['job.not_found'],
  },
  listEvents: {
    method: 'GET',
    path: '/events',
    function: 'system',
    auth: 'user',
    summary: 'My events after a number',
    query: z.object({
      after: z.coerce.number().int().min(0).default(0),
      limit: z.coerce.number().int().min(1).max(500).default(100),
    }),
    responses: {
      200: {
        description: 'In order; `lastSeq` is the newest number there is',
        schema: z.object({ events: z.array(UserEvent), lastSeq: z.int() }),
      },
    },
    problems: [],
  },
  createTicket: {
    method: 'POST',
    path: '/ws/ticket',
    function: 'system',
    auth: 'user',
    summary: 'A ticket for one WebSocket connection within a minute',
    responses: {
      201: { description: 'The ticket', schema: z.object({ ticket: z.string(), expiresAt: isoTime }) },
    },
    problems: [],
  },
})
