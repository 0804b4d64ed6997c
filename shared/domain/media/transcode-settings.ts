import type {
  AudioDescription,
  JobSettings,
  Output,
  VideoDescription,
  VideoPreprocessor,
} from '@aws-sdk/client-mediaconvert'
import { runPrefix } from '../../kernel/object-keys.ts'
import type { MediaFacts } from './media-facts.ts'
import { type Rendition, renditionLadder } from './rendition-ladder.ts'

export type TranscodeRequest = {
  facts: Pick<MediaFacts, 'width' | 'height' | 'frameRate' | 'hasAudio' | 'hdr' | 'wideColour'>
  /** `s3://bucket/key` of a file that MediaConvert reads. */
  source: string
  bucket: string
  videoId: string
  runId: string
}

export const SEGMENT_SECONDS = 4
/**
 * Two closed GOPs a segment; equal in every rendition, so that players change between them at any
 * segment.
 */
const GOP_SECONDS = 2
const AUDIO_SELECTOR = 'Audio Selector 1'
/**
 * The time stamp with which every rendition begins. MediaConvert's own choice varies with the bit
 * rate, and sound that is added later must begin where the picture does.
 */
export const FIRST_PTS_SECONDS = 2

/**
 * Colours for screens without HDR, and whole pictures. Containers do not always say that a film is
 * interlaced; MediaConvert leaves frames alone that are tagged as progressive.
 */
const preprocessors = ({ hdr, wideColour }: TranscodeRequest['facts']): VideoPreprocessor => ({
  ...((hdr || wideColour) && {
    ColorCorrector: { ColorSpaceConversion: 'FORCE_709', HdrToSdrToneMapper: 'PRESERVE_DETAILS' },
  }),
  Deinterlacer: { Mode: 'DEINTERLACE', Control: 'NORMAL', Algorithm: 'INTERPOLATE' },
})

const videoDescription = (rendition: Rendition, facts: TranscodeRequest['facts']): VideoDescription => ({
  Width: rendition.width,
  Height: rendition.height,
  ScalingBehavior: 'DEFAULT',
  AntiAlias: 'ENABLED',
  VideoPreprocessors: preprocessors(facts),
  CodecSettings: {
    Codec: 'H_264',
    H264Settings: {
      RateControlMode: 'QVBR',
      QvbrSettings: { QvbrQualityLevel: rendition.height * rendition.width > 1_000_000 ? 8 : 7 },
      MaxBitrate: rendition.maxBitrate,
      QualityTuningLevel: 'SINGLE_PASS_HQ',
      CodecProfile: 'HIGH',
      CodecLevel: 'AUTO',
      FramerateControl: 'INITIALIZE_FROM_SOURCE',
      GopSizeUnits: 'SECONDS',
      GopSize: GOP_SECONDS,
      GopClosedCadence: 1,
      // A key frame of its own at each scene change would make the renditions differ.
      SceneChangeDetect: 'DISABLED',
      AdaptiveQuantization: 'AUTO',
      InterlaceMode: 'PROGRESSIVE',
      ParControl: 'SPECIFIED',
      ParNumerator: 1,
      ParDenominator: 1,
    },
  },
})

const audioDescription: AudioDescription = {
  AudioSourceName: AUDIO_SELECTOR,
  CodecSettings: {
    Codec: 'AAC',
    AacSettings: {
      Bitrate: 128_000,
      CodingMode: 'CODING_MODE_2_0',
      SampleRate: 48_000,
      CodecProfile: 'LC',
      RateControlMode: 'CBR',
    },
  },
}

const output = (rendition: Rendition, facts: TranscodeRequest['facts']): Output => ({
  NameModifier: `_${rendition.name}`,
  ContainerSettings: {
    Container: 'M3U8',
    M3u8Settings: {
      // Sound that ends before the picture starves the player's buffer; silence fills it.
      AudioDuration: 'MATCH_VIDEO_DURATION',
      PtsOffsetMode: 'SECONDS',
      PtsOffset: FIRST_PTS_SECONDS,
    },
  },
  VideoDescription: videoDescription(rendition, facts),
  // MediaConvert fails a job that describes sound which the input does not have.
  ...(facts.hasAudio && { AudioDescriptions: [audioDescription] }),
})

/**
 * The key of a run's master playlist, without bucket: `media/<videoId>/<runId>/hls/master.m3u8`.
 */
export const masterPlaylistKey = (videoId: string, runId: string) =>
  `${runPrefix(videoId, runId)}hls/master.m3u8`

/**
 * The settings of a MediaConvert job: HLS, one file a rendition with byte ranges, 4-second
 * segments, H.264 and AAC.
 */
export const transcodeSettings = ({
  facts,
  source,
  bucket,
  videoId,
  runId,
}: TranscodeRequest): JobSettings => ({
  TimecodeConfig: { Source: 'ZEROBASED' },
  Inputs: [
    {
      FileInput: source,
      TimecodeSource: 'ZEROBASED',
      VideoSelector: { Rotate: 'AUTO' },
      // A film with several sound tracks was normalised: the first of them is the chosen one.
      ...(facts.hasAudio && {
        AudioSelectors: {
          [AUDIO_SELECTOR]: { SelectorType: 'TRACK', Tracks: [1], DefaultSelection: 'DEFAULT' },
        },
      }),
    },
  ],
  OutputGroups: [
    {
      Name: 'HLS',
      OutputGroupSettings: {
        Type: 'HLS_GROUP_SETTINGS',
        HlsGroupSettings: {
          Destination: `s3://${bucket}/${masterPlaylistKey(videoId, runId).replace(/\.m3u8$/, '')}`,
          SegmentControl: 'SINGLE_FILE',
          SegmentLength: SEGMENT_SECONDS,
          MinSegmentLength: 0,
          ManifestDurationFormat: 'FLOATING_POINT',
          ManifestCompression: 'NONE',
          OutputSelection: 'MANIFESTS_AND_SEGMENTS',
          DirectoryStructure: 'SINGLE_DIRECTORY',
          CodecSpecification: 'RFC_4281',
          StreamInfResolution: 'INCLUDE',
          ClientCache: 'ENABLED',
          ProgramDateTime: 'EXCLUDE',
        },
      },
      Outputs: renditionLadder(facts).map(rendition => output(rendition, facts)),
    },
  ],
})
