const NETWORK = 'everything here talks over 127.0.0.1; there is no network to build'
const WATCHING = 'metrics and alarms have no store here; logs are in .local/logs'

/**
 * CloudFormation types without a meaning on one machine, and why. A type that is neither here nor
 * emulated stops the start.
 */
export const ignored: Record<string, string> = {
  'AWS::EC2::VPC': NETWORK,
  'AWS::EC2::Subnet': NETWORK,
  'AWS::EC2::RouteTable': NETWORK,
  'AWS::EC2::SubnetRouteTableAssociation': NETWORK,
  'AWS::EC2::Route': NETWORK,
  'AWS::EC2::InternetGateway': NETWORK,
  'AWS::EC2::VPCGatewayAttachment': NETWORK,
  'AWS::EC2::EIP': NETWORK,
  'AWS::EC2::NatGateway': NETWORK,
  'AWS::EC2::Instance': NETWORK,
  'AWS::EC2::SecurityGroup': NETWORK,
  'AWS::EC2::SecurityGroupIngress': NETWORK,
  'Custom::VpcRestrictDefaultSG': NETWORK,
  'AWS::EC2::VPCEndpoint': NETWORK,
  'AWS::EC2::FlowLog': NETWORK,
  'AWS::IAM::InstanceProfile': NETWORK,
  'AWS::RDS::DBSubnetGroup': NETWORK,
  'AWS::RDS::DBParameterGroup': 'the embedded Postgres is started with settings of its own',
  'AWS::RDS::DBProxyTargetGroup': 'connections go straight to Postgres',
  'AWS::S3::BucketPolicy': 'it demands TLS and lets services in; local services use the operator key',
  'AWS::SQS::QueuePolicy': 'it demands TLS and lets services in; local services use the operator key',
  'AWS::SNS::Topic': 'alarms have no receiver here',
  'AWS::SNS::Subscription': 'alarms have no receiver here',
  'AWS::SNS::TopicPolicy': 'alarms have no receiver here',
  'AWS::Budgets::Budget': 'nothing is paid for here',
  'AWS::Logs::LogGroup': WATCHING,
  'AWS::Logs::MetricFilter': WATCHING,
  'AWS::CloudWatch::Alarm': WATCHING,
  'AWS::CloudWatch::Dashboard': WATCHING,
  'AWS::ApiGateway::Account': 'it names the role that writes access logs',
  'AWS::Lambda::EventInvokeConfig':
    'failed asynchronous invocations are logged here and repeated by services/eventbridge/resources.ts',
}
