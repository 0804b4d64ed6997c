const network = 'everything here talks over 127.0.0.1; there is no network to build'
const watching = 'metrics and alarms have no store here; logs are in .local/logs'

/**
 * CloudFormation types without a meaning on one machine, and why. A type that is neither here nor
 * emulated stops the start.
 */
export const ignored: Record<string, string> = {
  'AWS::EC2::VPC': network,
  'AWS::EC2::Subnet': network,
  'AWS::EC2::RouteTable': network,
  'AWS::EC2::SubnetRouteTableAssociation': network,
  'AWS::EC2::Route': network,
  'AWS::EC2::InternetGateway': network,
  'AWS::EC2::VPCGatewayAttachment': network,
  'AWS::EC2::EIP': network,
  'AWS::EC2::NatGateway': network,
  'AWS::EC2::Instance': network,
  'AWS::EC2::SecurityGroup': network,
  'AWS::EC2::SecurityGroupIngress': network,
  'Custom::VpcRestrictDefaultSG': network,
  'AWS::EC2::VPCEndpoint': network,
  'AWS::EC2::FlowLog': network,
  'AWS::IAM::InstanceProfile': network,
  'AWS::RDS::DBSubnetGroup': network,
  'AWS::RDS::DBParameterGroup': 'the embedded Postgres is started with settings of its own',
  'AWS::RDS::DBProxyTargetGroup': 'connections go straight to Postgres',
  'AWS::S3::BucketPolicy': 'it demands TLS and lets services in; local services use the operator key',
  'AWS::SQS::QueuePolicy': 'it demands TLS and lets services in; local services use the operator key',
  'AWS::SNS::Topic': 'alarms have no receiver here',
  'AWS::SNS::Subscription': 'alarms have no receiver here',
  'AWS::SNS::TopicPolicy': 'alarms have no receiver here',
  'AWS::Budgets::Budget': 'nothing is paid for here',
  'AWS::Logs::LogGroup': watching,
  'AWS::Logs::MetricFilter': watching,
  'AWS::CloudWatch::Alarm': watching,
  'AWS::CloudWatch::Dashboard': watching,
  'AWS::ApiGateway::Account': 'it names the role that writes access logs',
  'AWS::Lambda::EventInvokeConfig':
    'failed asynchronous invocations are logged here and repeated by services/eventbridge/resources.ts',
}
