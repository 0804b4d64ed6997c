import { Aws, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib'
import {
  BlockPublicAccess,
  Bucket,
  BucketEncryption,
  EventType,
  HttpMethods,
  StorageClass,
} from 'aws-cdk-lib/aws-s3'
import { SqsDestination } from 'aws-cdk-lib/aws-s3-notifications'
import type { Queue } from 'aws-cdk-lib/aws-sqs'
import type { Construct } from 'constructs'
import type { StageSettings } from '../stages.ts'

export type MediaBucketProps = {
  /** Every physical name begins with it. */
  prefix: string
  /** Origins, limits, retention. */
  settings: StageSettings
  /**
   * Receives an event for every object that arrives under `users/`, however it was sent (POST, PUT,
   * multipart, copy), and of what Transcribe writes, perhaps too late.
   */
  ingest: Queue
}

/**
 * Holds uploads (`users/`) and what the pipeline makes of them (`media/`). Private: clients reach
 * it by signed links alone.
 */
export class MediaBucket extends Bucket {
  constructor(scope: Construct, id: string, { prefix, settings, ingest }: MediaBucketProps) {
    super(scope, id, {
      bucketName: bucketName(prefix),
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      encryption: BucketEncryption.S3_MANAGED,
      enforceSSL: true,
      minimumTLSVersion: 1.2,
      removalPolicy:
        settings.onDelete === 'retain' ? RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE : RemovalPolicy.DESTROY,
      cors: [
        {
          allowedOrigins: settings.origins,
          allowedMethods: [HttpMethods.GET, HttpMethods.HEAD, HttpMethods.PUT, HttpMethods.POST],
          allowedHeaders: ['*'],
          // ETag ends a part of a multipart upload; the ranges are what HLS players of single-file
          // renditions read.
          exposedHeaders: ['ETag', 'Location', 'Content-Length', 'Content-Range', 'Accept-Ranges'],
          maxAge: 3600,
        },
      ],
      lifecycleRules: [
        { id: 'abort-unfinished-uploads', abortIncompleteMultipartUploadAfter: Duration.days(1) },
        {
          id: 'cool-down',
          transitions: [
            { storageClass: StorageClass.INTELLIGENT_TIERING, transitionAfter: Duration.days(30) },
          ],
        },
      ],
    })
    const destination = new SqsDestination(ingest)
    this.addEventNotification(EventType.OBJECT_CREATED, destination, { prefix: 'users/' })
    this.addEventNotification(EventType.OBJECT_CREATED, destination, {
      prefix: 'media/',
      suffix: '/transcript.json',
    })
  }

  /** The ARN by name alone, for policies in any stack. */
  static arn(scope: Construct, prefix: string): string {
    return `arn:${Stack.of(scope).partition}:s3:::${bucketName(prefix)}`
  }
}

// Names of buckets are the world's: account and region make it ours.
const bucketName = (prefix: string) => `${prefix}-media-${Aws.ACCOUNT_ID}-${Aws.REGION}`
