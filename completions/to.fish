# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_to_global_optspecs
    string join \n url= api-key= api-key-file= execution= state-dir= ca-cert= timeout= connect-timeout= retry-for= best-effort retry-delay= batch-time= json q/quiet v/verbose color= h/help V/version
end

function __fish_to_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_to_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_to_using_subcommand
    set -l cmd (__fish_to_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c to -n "__fish_to_needs_command" -l url -d 'The API, https://HOST, or file:DIR for a spool directory in its place [env: TO_URL]' -r
complete -c to -n "__fish_to_needs_command" -l api-key -d 'The key; --api-key-file keeps it out of the list of processes [env: TO_API_KEY]' -r
complete -c to -n "__fish_to_needs_command" -l api-key-file -d 'A file that holds the key [env: TO_API_KEY_FILE]' -r -F
complete -c to -n "__fish_to_needs_command" -l execution -d 'The execution to work on, instead of the one that `to start` noted [env: TO_EXECUTION]' -r
complete -c to -n "__fish_to_needs_command" -l state-dir -d 'Where `to start` notes its execution [env: TO_STATE_DIR]' -r -F
complete -c to -n "__fish_to_needs_command" -l ca-cert -d 'A certificate authority to trust besides the system\'s, in PEM [env: TO_CA_CERT]' -r -F
complete -c to -n "__fish_to_needs_command" -l timeout -d 'The longest that one request may take, once connected [env: TO_TIMEOUT]' -r
complete -c to -n "__fish_to_needs_command" -l connect-timeout -d 'The longest that one connection may take to be made: tests make it short [env: TO_CONNECT_TIMEOUT]' -r
complete -c to -n "__fish_to_needs_command" -l retry-for -d 'Go on retrying while nothing is accepted for this long [env: TO_RETRY_FOR]' -r
complete -c to -n "__fish_to_needs_command" -l retry-delay -d 'The wait before the first retry: tests make it short [env: TO_RETRY_DELAY]' -r
complete -c to -n "__fish_to_needs_command" -l batch-time -d 'The time of the server that a batch aims at: tests make it short [env: TO_BATCH_TIME]' -r
complete -c to -n "__fish_to_needs_command" -l color -d 'When to colour what is said [env: TO_COLOR]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c to -n "__fish_to_needs_command" -l best-effort -d 'Keep what cannot be delivered, warn, and exit 0 [env: TO_BEST_EFFORT]'
complete -c to -n "__fish_to_needs_command" -l json -d 'One JSON object on stdout instead of plain data [env: TO_JSON]'
complete -c to -n "__fish_to_needs_command" -s q -l quiet -d 'Say errors and warnings only [env: TO_QUIET]'
complete -c to -n "__fish_to_needs_command" -s v -l verbose -d 'Say each request with its status and time [env: TO_VERBOSE]'
complete -c to -n "__fish_to_needs_command" -s h -l help -d 'Print help'
complete -c to -n "__fish_to_needs_command" -s V -l version -d 'Print version'
complete -c to -n "__fish_to_needs_command" -f -a "end" -d 'Completes the execution and prints the status that the server computed'
complete -c to -n "__fish_to_needs_command" -f -a "push" -d 'Delivers what is kept: the outbox, or a spool directory'
complete -c to -n "__fish_to_needs_command" -f -a "result" -d 'Sends one result, typed by hand'
complete -c to -n "__fish_to_needs_command" -f -a "update" -d 'Tells the execution something else: a status, links, metadata, an event'
complete -c to -n "__fish_to_needs_command" -f -a "show" -d 'Shows the execution and its results, failures first'
complete -c to -n "__fish_to_needs_command" -f -a "check" -d 'Tells whether results can be submitted here, and what stands in the way'
complete -c to -n "__fish_to_needs_command" -f -a "completions" -d 'Prints the completions of a shell'
complete -c to -n "__fish_to_needs_command" -f -a "man" -d 'Prints a page of the manual, in roff'
complete -c to -n "__fish_to_needs_command" -f -a "start" -d 'Opens an execution of a test plan and prints its id'
complete -c to -n "__fish_to_needs_command" -f -a "submit" -d 'Reads reports and sends their results'
complete -c to -n "__fish_to_needs_command" -f -a "run" -d 'Opens an execution, runs the tests, sends their reports, and completes the execution'
complete -c to -n "__fish_to_needs_command" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c to -n "__fish_to_using_subcommand end" -l status -d 'Set this status instead of having it computed' -r -f -a "NOT_STARTED\t''
IN_PROGRESS\t''
PASSED\t''
FAILED\t''
NOT_TESTED\t''
ENDED_PREMATURELY\t''
COMPLETED\t''"
complete -c to -n "__fish_to_using_subcommand end" -l url -d 'The API, https://HOST, or file:DIR for a spool directory in its place [env: TO_URL]' -r
complete -c to -n "__fish_to_using_subcommand end" -l api-key -d 'The key; --api-key-file keeps it out of the list of processes [env: TO_API_KEY]' -r
complete -c to -n "__fish_to_using_subcommand end" -l api-key-file -d 'A file that holds the key [env: TO_API_KEY_FILE]' -r -F
complete -c to -n "__fish_to_using_subcommand end" -l execution -d 'The execution to work on, instead of the one that `to start` noted [env: TO_EXECUTION]' -r
complete -c to -n "__fish_to_using_subcommand end" -l state-dir -d 'Where `to start` notes its execution [env: TO_STATE_DIR]' -r -F
complete -c to -n "__fish_to_using_subcommand end" -l ca-cert -d 'A certificate authority to trust besides the system\'s, in PEM [env: TO_CA_CERT]' -r -F
complete -c to -n "__fish_to_using_subcommand end" -l timeout -d 'The longest that one request may take, once connected [env: TO_TIMEOUT]' -r
complete -c to -n "__fish_to_using_subcommand end" -l connect-timeout -d 'The longest that one connection may take to be made: tests make it short [env: TO_CONNECT_TIMEOUT]' -r
complete -c to -n "__fish_to_using_subcommand end" -l retry-for -d 'Go on retrying while nothing is accepted for this long [env: TO_RETRY_FOR]' -r
complete -c to -n "__fish_to_using_subcommand end" -l retry-delay -d 'The wait before the first retry: tests make it short [env: TO_RETRY_DELAY]' -r
complete -c to -n "__fish_to_using_subcommand end" -l batch-time -d 'The time of the server that a batch aims at: tests make it short [env: TO_BATCH_TIME]' -r
complete -c to -n "__fish_to_using_subcommand end" -l color -d 'When to colour what is said [env: TO_COLOR]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c to -n "__fish_to_using_subcommand end" -l exit-code -d 'Exit 10 when the execution is FAILED, 11 when it is ENDED_PREMATURELY'
complete -c to -n "__fish_to_using_subcommand end" -l best-effort -d 'Keep what cannot be delivered, warn, and exit 0 [env: TO_BEST_EFFORT]'
complete -c to -n "__fish_to_using_subcommand end" -l json -d 'One JSON object on stdout instead of plain data [env: TO_JSON]'
complete -c to -n "__fish_to_using_subcommand end" -s q -l quiet -d 'Say errors and warnings only [env: TO_QUIET]'
complete -c to -n "__fish_to_using_subcommand end" -s v -l verbose -d 'Say each request with its status and time [env: TO_VERBOSE]'
complete -c to -n "__fish_to_using_subcommand end" -s h -l help -d 'Print help'
complete -c to -n "__fish_to_using_subcommand push" -l url -d 'The API, https://HOST, or file:DIR for a spool directory in its place [env: TO_URL]' -r
complete -c to -n "__fish_to_using_subcommand push" -l api-key -d 'The key; --api-key-file keeps it out of the list of processes [env: TO_API_KEY]' -r
complete -c to -n "__fish_to_using_subcommand push" -l api-key-file -d 'A file that holds the key [env: TO_API_KEY_FILE]' -r -F
complete -c to -n "__fish_to_using_subcommand push" -l execution -d 'The execution to work on, instead of the one that `to start` noted [env: TO_EXECUTION]' -r
complete -c to -n "__fish_to_using_subcommand push" -l state-dir -d 'Where `to start` notes its execution [env: TO_STATE_DIR]' -r -F
complete -c to -n "__fish_to_using_subcommand push" -l ca-cert -d 'A certificate authority to trust besides the system\'s, in PEM [env: TO_CA_CERT]' -r -F
complete -c to -n "__fish_to_using_subcommand push" -l timeout -d 'The longest that one request may take, once connected [env: TO_TIMEOUT]' -r
complete -c to -n "__fish_to_using_subcommand push" -l connect-timeout -d 'The longest that one connection may take to be made: tests make it short [env: TO_CONNECT_TIMEOUT]' -r
complete -c to -n "__fish_to_using_subcommand push" -l retry-for -d 'Go on retrying while nothing is accepted for this long [env: TO_RETRY_FOR]' -r
complete -c to -n "__fish_to_using_subcommand push" -l retry-delay -d 'The wait before the first retry: tests make it short [env: TO_RETRY_DELAY]' -r
complete -c to -n "__fish_to_using_subcommand push" -l batch-time -d 'The time of the server that a batch aims at: tests make it short [env: TO_BATCH_TIME]' -r
complete -c to -n "__fish_to_using_subcommand push" -l color -d 'When to colour what is said [env: TO_COLOR]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c to -n "__fish_to_using_subcommand push" -l start-again -d 'Open an execution again where an interrupted push may have opened one'
complete -c to -n "__fish_to_using_subcommand push" -l best-effort -d 'Keep what cannot be delivered, warn, and exit 0 [env: TO_BEST_EFFORT]'
complete -c to -n "__fish_to_using_subcommand push" -l json -d 'One JSON object on stdout instead of plain data [env: TO_JSON]'
complete -c to -n "__fish_to_using_subcommand push" -s q -l quiet -d 'Say errors and warnings only [env: TO_QUIET]'
complete -c to -n "__fish_to_using_subcommand push" -s v -l verbose -d 'Say each request with its status and time [env: TO_VERBOSE]'
complete -c to -n "__fish_to_using_subcommand push" -s h -l help -d 'Print help'
complete -c to -n "__fish_to_using_subcommand result" -l comment -d 'A remark about it' -r
complete -c to -n "__fish_to_using_subcommand result" -l log -d 'Its log: a text, @FILE, or - for standard input' -r
complete -c to -n "__fish_to_using_subcommand result" -l category -d 'The group of tests that it belongs to' -r
complete -c to -n "__fish_to_using_subcommand result" -l template-id -d 'The template that it was made from, which it has in common with other tests' -r
complete -c to -n "__fish_to_using_subcommand result" -l max-log -d 'The longest log, in bytes or with K or M; a longer one keeps its head and tail' -r
complete -c to -n "__fish_to_using_subcommand result" -l url -d 'The API, https://HOST, or file:DIR for a spool directory in its place [env: TO_URL]' -r
complete -c to -n "__fish_to_using_subcommand result" -l api-key -d 'The key; --api-key-file keeps it out of the list of processes [env: TO_API_KEY]' -r
complete -c to -n "__fish_to_using_subcommand result" -l api-key-file -d 'A file that holds the key [env: TO_API_KEY_FILE]' -r -F
complete -c to -n "__fish_to_using_subcommand result" -l execution -d 'The execution to work on, instead of the one that `to start` noted [env: TO_EXECUTION]' -r
complete -c to -n "__fish_to_using_subcommand result" -l state-dir -d 'Where `to start` notes its execution [env: TO_STATE_DIR]' -r -F
complete -c to -n "__fish_to_using_subcommand result" -l ca-cert -d 'A certificate authority to trust besides the system\'s, in PEM [env: TO_CA_CERT]' -r -F
complete -c to -n "__fish_to_using_subcommand result" -l timeout -d 'The longest that one request may take, once connected [env: TO_TIMEOUT]' -r
complete -c to -n "__fish_to_using_subcommand result" -l connect-timeout -d 'The longest that one connection may take to be made: tests make it short [env: TO_CONNECT_TIMEOUT]' -r
complete -c to -n "__fish_to_using_subcommand result" -l retry-for -d 'Go on retrying while nothing is accepted for this long [env: TO_RETRY_FOR]' -r
complete -c to -n "__fish_to_using_subcommand result" -l retry-delay -d 'The wait before the first retry: tests make it short [env: TO_RETRY_DELAY]' -r
complete -c to -n "__fish_to_using_subcommand result" -l batch-time -d 'The time of the server that a batch aims at: tests make it short [env: TO_BATCH_TIME]' -r
complete -c to -n "__fish_to_using_subcommand result" -l color -d 'When to colour what is said [env: TO_COLOR]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c to -n "__fish_to_using_subcommand result" -l best-effort -d 'Keep what cannot be delivered, warn, and exit 0 [env: TO_BEST_EFFORT]'
complete -c to -n "__fish_to_using_subcommand result" -l json -d 'One JSON object on stdout instead of plain data [env: TO_JSON]'
complete -c to -n "__fish_to_using_subcommand result" -s q -l quiet -d 'Say errors and warnings only [env: TO_QUIET]'
complete -c to -n "__fish_to_using_subcommand result" -s v -l verbose -d 'Say each request with its status and time [env: TO_VERBOSE]'
complete -c to -n "__fish_to_using_subcommand result" -s h -l help -d 'Print help'
complete -c to -n "__fish_to_using_subcommand update" -l status -d 'The status; COMPLETED has the server compute it' -r -f -a "NOT_STARTED\t''
IN_PROGRESS\t''
PASSED\t''
FAILED\t''
NOT_TESTED\t''
ENDED_PREMATURELY\t''
COMPLETED\t''"
complete -c to -n "__fish_to_using_subcommand update" -l ci-link -d 'The CI job\'s URL, which no other execution may have' -r
complete -c to -n "__fish_to_using_subcommand update" -l c3-link -d 'The URL of a submission in Certification' -r
complete -c to -n "__fish_to_using_subcommand update" -l metadata -d 'A fact about the execution; repeatable, also with several values of one key' -r
complete -c to -n "__fish_to_using_subcommand update" -l link -d 'A link to show with the execution; repeatable' -r
complete -c to -n "__fish_to_using_subcommand update" -l event -d 'Something that happened now; repeatable' -r
complete -c to -n "__fish_to_using_subcommand update" -l url -d 'The API, https://HOST, or file:DIR for a spool directory in its place [env: TO_URL]' -r
complete -c to -n "__fish_to_using_subcommand update" -l api-key -d 'The key; --api-key-file keeps it out of the list of processes [env: TO_API_KEY]' -r
complete -c to -n "__fish_to_using_subcommand update" -l api-key-file -d 'A file that holds the key [env: TO_API_KEY_FILE]' -r -F
complete -c to -n "__fish_to_using_subcommand update" -l execution -d 'The execution to work on, instead of the one that `to start` noted [env: TO_EXECUTION]' -r
complete -c to -n "__fish_to_using_subcommand update" -l state-dir -d 'Where `to start` notes its execution [env: TO_STATE_DIR]' -r -F
complete -c to -n "__fish_to_using_subcommand update" -l ca-cert -d 'A certificate authority to trust besides the system\'s, in PEM [env: TO_CA_CERT]' -r -F
complete -c to -n "__fish_to_using_subcommand update" -l timeout -d 'The longest that one request may take, once connected [env: TO_TIMEOUT]' -r
complete -c to -n "__fish_to_using_subcommand update" -l connect-timeout -d 'The longest that one connection may take to be made: tests make it short [env: TO_CONNECT_TIMEOUT]' -r
complete -c to -n "__fish_to_using_subcommand update" -l retry-for -d 'Go on retrying while nothing is accepted for this long [env: TO_RETRY_FOR]' -r
complete -c to -n "__fish_to_using_subcommand update" -l retry-delay -d 'The wait before the first retry: tests make it short [env: TO_RETRY_DELAY]' -r
complete -c to -n "__fish_to_using_subcommand update" -l batch-time -d 'The time of the server that a batch aims at: tests make it short [env: TO_BATCH_TIME]' -r
complete -c to -n "__fish_to_using_subcommand update" -l color -d 'When to colour what is said [env: TO_COLOR]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c to -n "__fish_to_using_subcommand update" -l best-effort -d 'Keep what cannot be delivered, warn, and exit 0 [env: TO_BEST_EFFORT]'
complete -c to -n "__fish_to_using_subcommand update" -l json -d 'One JSON object on stdout instead of plain data [env: TO_JSON]'
complete -c to -n "__fish_to_using_subcommand update" -s q -l quiet -d 'Say errors and warnings only [env: TO_QUIET]'
complete -c to -n "__fish_to_using_subcommand update" -s v -l verbose -d 'Say each request with its status and time [env: TO_VERBOSE]'
complete -c to -n "__fish_to_using_subcommand update" -s h -l help -d 'Print help'
complete -c to -n "__fish_to_using_subcommand show" -l url -d 'The API, https://HOST, or file:DIR for a spool directory in its place [env: TO_URL]' -r
complete -c to -n "__fish_to_using_subcommand show" -l api-key -d 'The key; --api-key-file keeps it out of the list of processes [env: TO_API_KEY]' -r
complete -c to -n "__fish_to_using_subcommand show" -l api-key-file -d 'A file that holds the key [env: TO_API_KEY_FILE]' -r -F
complete -c to -n "__fish_to_using_subcommand show" -l execution -d 'The execution to work on, instead of the one that `to start` noted [env: TO_EXECUTION]' -r
complete -c to -n "__fish_to_using_subcommand show" -l state-dir -d 'Where `to start` notes its execution [env: TO_STATE_DIR]' -r -F
complete -c to -n "__fish_to_using_subcommand show" -l ca-cert -d 'A certificate authority to trust besides the system\'s, in PEM [env: TO_CA_CERT]' -r -F
complete -c to -n "__fish_to_using_subcommand show" -l timeout -d 'The longest that one request may take, once connected [env: TO_TIMEOUT]' -r
complete -c to -n "__fish_to_using_subcommand show" -l connect-timeout -d 'The longest that one connection may take to be made: tests make it short [env: TO_CONNECT_TIMEOUT]' -r
complete -c to -n "__fish_to_using_subcommand show" -l retry-for -d 'Go on retrying while nothing is accepted for this long [env: TO_RETRY_FOR]' -r
complete -c to -n "__fish_to_using_subcommand show" -l retry-delay -d 'The wait before the first retry: tests make it short [env: TO_RETRY_DELAY]' -r
complete -c to -n "__fish_to_using_subcommand show" -l batch-time -d 'The time of the server that a batch aims at: tests make it short [env: TO_BATCH_TIME]' -r
complete -c to -n "__fish_to_using_subcommand show" -l color -d 'When to colour what is said [env: TO_COLOR]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c to -n "__fish_to_using_subcommand show" -l logs -d 'Show the logs too'
complete -c to -n "__fish_to_using_subcommand show" -l best-effort -d 'Keep what cannot be delivered, warn, and exit 0 [env: TO_BEST_EFFORT]'
complete -c to -n "__fish_to_using_subcommand show" -l json -d 'One JSON object on stdout instead of plain data [env: TO_JSON]'
complete -c to -n "__fish_to_using_subcommand show" -s q -l quiet -d 'Say errors and warnings only [env: TO_QUIET]'
complete -c to -n "__fish_to_using_subcommand show" -s v -l verbose -d 'Say each request with its status and time [env: TO_VERBOSE]'
complete -c to -n "__fish_to_using_subcommand show" -s h -l help -d 'Print help'
complete -c to -n "__fish_to_using_subcommand check" -l url -d 'The API, https://HOST, or file:DIR for a spool directory in its place [env: TO_URL]' -r
complete -c to -n "__fish_to_using_subcommand check" -l api-key -d 'The key; --api-key-file keeps it out of the list of processes [env: TO_API_KEY]' -r
complete -c to -n "__fish_to_using_subcommand check" -l api-key-file -d 'A file that holds the key [env: TO_API_KEY_FILE]' -r -F
complete -c to -n "__fish_to_using_subcommand check" -l execution -d 'The execution to work on, instead of the one that `to start` noted [env: TO_EXECUTION]' -r
complete -c to -n "__fish_to_using_subcommand check" -l state-dir -d 'Where `to start` notes its execution [env: TO_STATE_DIR]' -r -F
complete -c to -n "__fish_to_using_subcommand check" -l ca-cert -d 'A certificate authority to trust besides the system\'s, in PEM [env: TO_CA_CERT]' -r -F
complete -c to -n "__fish_to_using_subcommand check" -l timeout -d 'The longest that one request may take, once connected [env: TO_TIMEOUT]' -r
complete -c to -n "__fish_to_using_subcommand check" -l connect-timeout -d 'The longest that one connection may take to be made: tests make it short [env: TO_CONNECT_TIMEOUT]' -r
complete -c to -n "__fish_to_using_subcommand check" -l retry-for -d 'Go on retrying while nothing is accepted for this long [env: TO_RETRY_FOR]' -r
complete -c to -n "__fish_to_using_subcommand check" -l retry-delay -d 'The wait before the first retry: tests make it short [env: TO_RETRY_DELAY]' -r
complete -c to -n "__fish_to_using_subcommand check" -l batch-time -d 'The time of the server that a batch aims at: tests make it short [env: TO_BATCH_TIME]' -r
complete -c to -n "__fish_to_using_subcommand check" -l color -d 'When to colour what is said [env: TO_COLOR]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c to -n "__fish_to_using_subcommand check" -l best-effort -d 'Keep what cannot be delivered, warn, and exit 0 [env: TO_BEST_EFFORT]'
complete -c to -n "__fish_to_using_subcommand check" -l json -d 'One JSON object on stdout instead of plain data [env: TO_JSON]'
complete -c to -n "__fish_to_using_subcommand check" -s q -l quiet -d 'Say errors and warnings only [env: TO_QUIET]'
complete -c to -n "__fish_to_using_subcommand check" -s v -l verbose -d 'Say each request with its status and time [env: TO_VERBOSE]'
complete -c to -n "__fish_to_using_subcommand check" -s h -l help -d 'Print help'
complete -c to -n "__fish_to_using_subcommand completions" -l url -d 'The API, https://HOST, or file:DIR for a spool directory in its place [env: TO_URL]' -r
complete -c to -n "__fish_to_using_subcommand completions" -l api-key -d 'The key; --api-key-file keeps it out of the list of processes [env: TO_API_KEY]' -r
complete -c to -n "__fish_to_using_subcommand completions" -l api-key-file -d 'A file that holds the key [env: TO_API_KEY_FILE]' -r -F
complete -c to -n "__fish_to_using_subcommand completions" -l execution -d 'The execution to work on, instead of the one that `to start` noted [env: TO_EXECUTION]' -r
complete -c to -n "__fish_to_using_subcommand completions" -l state-dir -d 'Where `to start` notes its execution [env: TO_STATE_DIR]' -r -F
complete -c to -n "__fish_to_using_subcommand completions" -l ca-cert -d 'A certificate authority to trust besides the system\'s, in PEM [env: TO_CA_CERT]' -r -F
complete -c to -n "__fish_to_using_subcommand completions" -l timeout -d 'The longest that one request may take, once connected [env: TO_TIMEOUT]' -r
complete -c to -n "__fish_to_using_subcommand completions" -l connect-timeout -d 'The longest that one connection may take to be made: tests make it short [env: TO_CONNECT_TIMEOUT]' -r
complete -c to -n "__fish_to_using_subcommand completions" -l retry-for -d 'Go on retrying while nothing is accepted for this long [env: TO_RETRY_FOR]' -r
complete -c to -n "__fish_to_using_subcommand completions" -l retry-delay -d 'The wait before the first retry: tests make it short [env: TO_RETRY_DELAY]' -r
complete -c to -n "__fish_to_using_subcommand completions" -l batch-time -d 'The time of the server that a batch aims at: tests make it short [env: TO_BATCH_TIME]' -r
complete -c to -n "__fish_to_using_subcommand completions" -l color -d 'When to colour what is said [env: TO_COLOR]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c to -n "__fish_to_using_subcommand completions" -l best-effort -d 'Keep what cannot be delivered, warn, and exit 0 [env: TO_BEST_EFFORT]'
complete -c to -n "__fish_to_using_subcommand completions" -l json -d 'One JSON object on stdout instead of plain data [env: TO_JSON]'
complete -c to -n "__fish_to_using_subcommand completions" -s q -l quiet -d 'Say errors and warnings only [env: TO_QUIET]'
complete -c to -n "__fish_to_using_subcommand completions" -s v -l verbose -d 'Say each request with its status and time [env: TO_VERBOSE]'
complete -c to -n "__fish_to_using_subcommand completions" -s h -l help -d 'Print help'
complete -c to -n "__fish_to_using_subcommand man" -l url -d 'The API, https://HOST, or file:DIR for a spool directory in its place [env: TO_URL]' -r
complete -c to -n "__fish_to_using_subcommand man" -l api-key -d 'The key; --api-key-file keeps it out of the list of processes [env: TO_API_KEY]' -r
complete -c to -n "__fish_to_using_subcommand man" -l api-key-file -d 'A file that holds the key [env: TO_API_KEY_FILE]' -r -F
complete -c to -n "__fish_to_using_subcommand man" -l execution -d 'The execution to work on, instead of the one that `to start` noted [env: TO_EXECUTION]' -r
complete -c to -n "__fish_to_using_subcommand man" -l state-dir -d 'Where `to start` notes its execution [env: TO_STATE_DIR]' -r -F
complete -c to -n "__fish_to_using_subcommand man" -l ca-cert -d 'A certificate authority to trust besides the system\'s, in PEM [env: TO_CA_CERT]' -r -F
complete -c to -n "__fish_to_using_subcommand man" -l timeout -d 'The longest that one request may take, once connected [env: TO_TIMEOUT]' -r
complete -c to -n "__fish_to_using_subcommand man" -l connect-timeout -d 'The longest that one connection may take to be made: tests make it short [env: TO_CONNECT_TIMEOUT]' -r
complete -c to -n "__fish_to_using_subcommand man" -l retry-for -d 'Go on retrying while nothing is accepted for this long [env: TO_RETRY_FOR]' -r
complete -c to -n "__fish_to_using_subcommand man" -l retry-delay -d 'The wait before the first retry: tests make it short [env: TO_RETRY_DELAY]' -r
complete -c to -n "__fish_to_using_subcommand man" -l batch-time -d 'The time of the server that a batch aims at: tests make it short [env: TO_BATCH_TIME]' -r
complete -c to -n "__fish_to_using_subcommand man" -l color -d 'When to colour what is said [env: TO_COLOR]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c to -n "__fish_to_using_subcommand man" -l best-effort -d 'Keep what cannot be delivered, warn, and exit 0 [env: TO_BEST_EFFORT]'
complete -c to -n "__fish_to_using_subcommand man" -l json -d 'One JSON object on stdout instead of plain data [env: TO_JSON]'
complete -c to -n "__fish_to_using_subcommand man" -s q -l quiet -d 'Say errors and warnings only [env: TO_QUIET]'
complete -c to -n "__fish_to_using_subcommand man" -s v -l verbose -d 'Say each request with its status and time [env: TO_VERBOSE]'
complete -c to -n "__fish_to_using_subcommand man" -s h -l help -d 'Print help'
complete -c to -n "__fish_to_using_subcommand start" -l family -d 'What is tested: snap, deb, charm, image or solution [env: TO_FAMILY]' -r
complete -c to -n "__fish_to_using_subcommand start" -l name -d 'The artefact\'s name, such as core22 [env: TO_NAME]' -r
complete -c to -n "__fish_to_using_subcommand start" -l version -d 'The artefact\'s version [env: TO_VERSION]' -r
complete -c to -n "__fish_to_using_subcommand start" -l arch -d 'Debian architecture that is tested, such as amd64; `host` for this machine\'s [env: TO_ARCH]' -r
complete -c to -n "__fish_to_using_subcommand start" -l environment -d 'Where the tests run: a device, a virtual machine, a lab [env: TO_ENVIRONMENT]' -r
complete -c to -n "__fish_to_using_subcommand start" -l test-plan -d 'Which tests run, such as smoke [env: TO_TEST_PLAN]' -r
complete -c to -n "__fish_to_using_subcommand start" -l execution-stage -d 'The stage, also as --stage; snap, charm, solution: edge, beta, candidate or stable; deb: proposed or updates, unless it has a source; image: pending or current [env: TO_EXECUTION_STAGE]' -r
complete -c to -n "__fish_to_using_subcommand start" -l revision -d 'The store\'s revision number [env: TO_REVISION]' -r
complete -c to -n "__fish_to_using_subcommand start" -l track -d 'The release track, such as latest [env: TO_TRACK]' -r
complete -c to -n "__fish_to_using_subcommand start" -l store -d 'The snap store, such as ubuntu [env: TO_STORE]' -r
complete -c to -n "__fish_to_using_subcommand start" -l branch -d 'The branch within the track [env: TO_BRANCH]' -r
complete -c to -n "__fish_to_using_subcommand start" -l series -d 'The Ubuntu series, such as noble [env: TO_SERIES]' -r
complete -c to -n "__fish_to_using_subcommand start" -l repo -d 'The archive\'s component, such as main [env: TO_REPO]' -r
complete -c to -n "__fish_to_using_subcommand start" -l source -d 'deb: the PPA, where it is not from an archive pocket; solution: where it comes from [env: TO_SOURCE]' -r
complete -c to -n "__fish_to_using_subcommand start" -l os -d 'The image\'s operating system, such as ubuntu-core [env: TO_OS]' -r
complete -c to -n "__fish_to_using_subcommand start" -l release -d 'The image\'s release, such as noble [env: TO_RELEASE]' -r
complete -c to -n "__fish_to_using_subcommand start" -l sha256 -d 'The image\'s checksum; alone it is enough where the server knows the image [env: TO_SHA256]' -r
complete -c to -n "__fish_to_using_subcommand start" -l owner -d 'The team that owns the image [env: TO_OWNER]' -r
complete -c to -n "__fish_to_using_subcommand start" -l image-url -d 'Where the image can be downloaded [env: TO_IMAGE_URL]' -r
complete -c to -n "__fish_to_using_subcommand start" -l ci-link -d 'The CI job\'s URL, which is the execution\'s identity: a second start with the same link finds the first execution; `none` sends none [env: TO_CI_LINK]' -r
complete -c to -n "__fish_to_using_subcommand start" -l initial-status -d 'Instead of IN_PROGRESS: NOT_STARTED, PASSED, FAILED, NOT_TESTED or ENDED_PREMATURELY [env: TO_INITIAL_STATUS]' -r
complete -c to -n "__fish_to_using_subcommand start" -l needs-assignment -d 'Ask for a reviewer to be assigned [env: TO_NEEDS_ASSIGNMENT]' -r
complete -c to -n "__fish_to_using_subcommand start" -l relevant-link -d 'A link to show with the execution; repeatable (the variable has one a line) [env: TO_RELEVANT_LINK]' -r
complete -c to -n "__fish_to_using_subcommand start" -l from -d 'A file with the request in JSON, or - for standard input; flags and variables go over it [env: TO_FROM]' -r -F
complete -c to -n "__fish_to_using_subcommand start" -l url -d 'The API, https://HOST, or file:DIR for a spool directory in its place [env: TO_URL]' -r
complete -c to -n "__fish_to_using_subcommand start" -l api-key -d 'The key; --api-key-file keeps it out of the list of processes [env: TO_API_KEY]' -r
complete -c to -n "__fish_to_using_subcommand start" -l api-key-file -d 'A file that holds the key [env: TO_API_KEY_FILE]' -r -F
complete -c to -n "__fish_to_using_subcommand start" -l execution -d 'The execution to work on, instead of the one that `to start` noted [env: TO_EXECUTION]' -r
complete -c to -n "__fish_to_using_subcommand start" -l state-dir -d 'Where `to start` notes its execution [env: TO_STATE_DIR]' -r -F
complete -c to -n "__fish_to_using_subcommand start" -l ca-cert -d 'A certificate authority to trust besides the system\'s, in PEM [env: TO_CA_CERT]' -r -F
complete -c to -n "__fish_to_using_subcommand start" -l timeout -d 'The longest that one request may take, once connected [env: TO_TIMEOUT]' -r
complete -c to -n "__fish_to_using_subcommand start" -l connect-timeout -d 'The longest that one connection may take to be made: tests make it short [env: TO_CONNECT_TIMEOUT]' -r
complete -c to -n "__fish_to_using_subcommand start" -l retry-for -d 'Go on retrying while nothing is accepted for this long [env: TO_RETRY_FOR]' -r
complete -c to -n "__fish_to_using_subcommand start" -l retry-delay -d 'The wait before the first retry: tests make it short [env: TO_RETRY_DELAY]' -r
complete -c to -n "__fish_to_using_subcommand start" -l batch-time -d 'The time of the server that a batch aims at: tests make it short [env: TO_BATCH_TIME]' -r
complete -c to -n "__fish_to_using_subcommand start" -l color -d 'When to colour what is said [env: TO_COLOR]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c to -n "__fish_to_using_subcommand start" -l best-effort -d 'Keep what cannot be delivered, warn, and exit 0 [env: TO_BEST_EFFORT]'
complete -c to -n "__fish_to_using_subcommand start" -l json -d 'One JSON object on stdout instead of plain data [env: TO_JSON]'
complete -c to -n "__fish_to_using_subcommand start" -s q -l quiet -d 'Say errors and warnings only [env: TO_QUIET]'
complete -c to -n "__fish_to_using_subcommand start" -s v -l verbose -d 'Say each request with its status and time [env: TO_VERBOSE]'
complete -c to -n "__fish_to_using_subcommand start" -s h -l help -d 'Print help'
complete -c to -n "__fish_to_using_subcommand submit" -l format -d 'What the reports are written in, instead of telling it by content [env: TO_FORMAT]' -r -f -a "checkbox\t''
json\t''
jsonl\t''
junit\t''"
complete -c to -n "__fish_to_using_subcommand submit" -l case-name -d 'Names of JUnit cases; by default the class and the name [env: TO_CASE_NAME]' -r
complete -c to -n "__fish_to_using_subcommand submit" -l case-category -d 'Categories of JUnit cases; by default the suite [env: TO_CASE_CATEGORY]' -r
complete -c to -n "__fish_to_using_subcommand submit" -l case-template-id -d 'Template ids of JUnit cases; by default none [env: TO_CASE_TEMPLATE_ID]' -r
complete -c to -n "__fish_to_using_subcommand submit" -l on-duplicate -d 'What becomes of several results of one name: merge makes one of them, number appends ` [2]`, first and last keep one, error sends none [env: TO_ON_DUPLICATE]' -r -f -a "merge\t''
number\t''
first\t''
last\t''
error\t''"
complete -c to -n "__fish_to_using_subcommand submit" -l max-log -d 'The longest log, in bytes or with K or M; a longer one keeps its head and tail [env: TO_MAX_LOG]' -r
complete -c to -n "__fish_to_using_subcommand submit" -l url -d 'The API, https://HOST, or file:DIR for a spool directory in its place [env: TO_URL]' -r
complete -c to -n "__fish_to_using_subcommand submit" -l api-key -d 'The key; --api-key-file keeps it out of the list of processes [env: TO_API_KEY]' -r
complete -c to -n "__fish_to_using_subcommand submit" -l api-key-file -d 'A file that holds the key [env: TO_API_KEY_FILE]' -r -F
complete -c to -n "__fish_to_using_subcommand submit" -l execution -d 'The execution to work on, instead of the one that `to start` noted [env: TO_EXECUTION]' -r
complete -c to -n "__fish_to_using_subcommand submit" -l state-dir -d 'Where `to start` notes its execution [env: TO_STATE_DIR]' -r -F
complete -c to -n "__fish_to_using_subcommand submit" -l ca-cert -d 'A certificate authority to trust besides the system\'s, in PEM [env: TO_CA_CERT]' -r -F
complete -c to -n "__fish_to_using_subcommand submit" -l timeout -d 'The longest that one request may take, once connected [env: TO_TIMEOUT]' -r
complete -c to -n "__fish_to_using_subcommand submit" -l connect-timeout -d 'The longest that one connection may take to be made: tests make it short [env: TO_CONNECT_TIMEOUT]' -r
complete -c to -n "__fish_to_using_subcommand submit" -l retry-for -d 'Go on retrying while nothing is accepted for this long [env: TO_RETRY_FOR]' -r
complete -c to -n "__fish_to_using_subcommand submit" -l retry-delay -d 'The wait before the first retry: tests make it short [env: TO_RETRY_DELAY]' -r
complete -c to -n "__fish_to_using_subcommand submit" -l batch-time -d 'The time of the server that a batch aims at: tests make it short [env: TO_BATCH_TIME]' -r
complete -c to -n "__fish_to_using_subcommand submit" -l color -d 'When to colour what is said [env: TO_COLOR]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c to -n "__fish_to_using_subcommand submit" -l salvage -d 'Send the whole cases of a truncated file too [env: TO_SALVAGE]'
complete -c to -n "__fish_to_using_subcommand submit" -l allow-empty -d 'It is no error that nothing matches, or that what matches holds no results [env: TO_ALLOW_EMPTY]'
complete -c to -n "__fish_to_using_subcommand submit" -l dry-run -d 'Print the results as JSON lines and send nothing [env: TO_DRY_RUN]'
complete -c to -n "__fish_to_using_subcommand submit" -l best-effort -d 'Keep what cannot be delivered, warn, and exit 0 [env: TO_BEST_EFFORT]'
complete -c to -n "__fish_to_using_subcommand submit" -l json -d 'One JSON object on stdout instead of plain data [env: TO_JSON]'
complete -c to -n "__fish_to_using_subcommand submit" -s q -l quiet -d 'Say errors and warnings only [env: TO_QUIET]'
complete -c to -n "__fish_to_using_subcommand submit" -s v -l verbose -d 'Say each request with its status and time [env: TO_VERBOSE]'
complete -c to -n "__fish_to_using_subcommand submit" -s h -l help -d 'Print help'
complete -c to -n "__fish_to_using_subcommand run" -l family -d 'What is tested: snap, deb, charm, image or solution [env: TO_FAMILY]' -r
complete -c to -n "__fish_to_using_subcommand run" -l name -d 'The artefact\'s name, such as core22 [env: TO_NAME]' -r
complete -c to -n "__fish_to_using_subcommand run" -l version -d 'The artefact\'s version [env: TO_VERSION]' -r
complete -c to -n "__fish_to_using_subcommand run" -l arch -d 'Debian architecture that is tested, such as amd64; `host` for this machine\'s [env: TO_ARCH]' -r
complete -c to -n "__fish_to_using_subcommand run" -l environment -d 'Where the tests run: a device, a virtual machine, a lab [env: TO_ENVIRONMENT]' -r
complete -c to -n "__fish_to_using_subcommand run" -l test-plan -d 'Which tests run, such as smoke [env: TO_TEST_PLAN]' -r
complete -c to -n "__fish_to_using_subcommand run" -l execution-stage -d 'The stage, also as --stage; snap, charm, solution: edge, beta, candidate or stable; deb: proposed or updates, unless it has a source; image: pending or current [env: TO_EXECUTION_STAGE]' -r
complete -c to -n "__fish_to_using_subcommand run" -l revision -d 'The store\'s revision number [env: TO_REVISION]' -r
complete -c to -n "__fish_to_using_subcommand run" -l track -d 'The release track, such as latest [env: TO_TRACK]' -r
complete -c to -n "__fish_to_using_subcommand run" -l store -d 'The snap store, such as ubuntu [env: TO_STORE]' -r
complete -c to -n "__fish_to_using_subcommand run" -l branch -d 'The branch within the track [env: TO_BRANCH]' -r
complete -c to -n "__fish_to_using_subcommand run" -l series -d 'The Ubuntu series, such as noble [env: TO_SERIES]' -r
complete -c to -n "__fish_to_using_subcommand run" -l repo -d 'The archive\'s component, such as main [env: TO_REPO]' -r
complete -c to -n "__fish_to_using_subcommand run" -l source -d 'deb: the PPA, where it is not from an archive pocket; solution: where it comes from [env: TO_SOURCE]' -r
complete -c to -n "__fish_to_using_subcommand run" -l os -d 'The image\'s operating system, such as ubuntu-core [env: TO_OS]' -r
complete -c to -n "__fish_to_using_subcommand run" -l release -d 'The image\'s release, such as noble [env: TO_RELEASE]' -r
complete -c to -n "__fish_to_using_subcommand run" -l sha256 -d 'The image\'s checksum; alone it is enough where the server knows the image [env: TO_SHA256]' -r
complete -c to -n "__fish_to_using_subcommand run" -l owner -d 'The team that owns the image [env: TO_OWNER]' -r
complete -c to -n "__fish_to_using_subcommand run" -l image-url -d 'Where the image can be downloaded [env: TO_IMAGE_URL]' -r
complete -c to -n "__fish_to_using_subcommand run" -l ci-link -d 'The CI job\'s URL, which is the execution\'s identity: a second start with the same link finds the first execution; `none` sends none [env: TO_CI_LINK]' -r
complete -c to -n "__fish_to_using_subcommand run" -l initial-status -d 'Instead of IN_PROGRESS: NOT_STARTED, PASSED, FAILED, NOT_TESTED or ENDED_PREMATURELY [env: TO_INITIAL_STATUS]' -r
complete -c to -n "__fish_to_using_subcommand run" -l needs-assignment -d 'Ask for a reviewer to be assigned [env: TO_NEEDS_ASSIGNMENT]' -r
complete -c to -n "__fish_to_using_subcommand run" -l relevant-link -d 'A link to show with the execution; repeatable (the variable has one a line) [env: TO_RELEVANT_LINK]' -r
complete -c to -n "__fish_to_using_subcommand run" -l from -d 'A file with the request in JSON, or - for standard input; flags and variables go over it [env: TO_FROM]' -r -F
complete -c to -n "__fish_to_using_subcommand run" -l format -d 'What the reports are written in, instead of telling it by content [env: TO_FORMAT]' -r -f -a "checkbox\t''
json\t''
jsonl\t''
junit\t''"
complete -c to -n "__fish_to_using_subcommand run" -l case-name -d 'Names of JUnit cases; by default the class and the name [env: TO_CASE_NAME]' -r
complete -c to -n "__fish_to_using_subcommand run" -l case-category -d 'Categories of JUnit cases; by default the suite [env: TO_CASE_CATEGORY]' -r
complete -c to -n "__fish_to_using_subcommand run" -l case-template-id -d 'Template ids of JUnit cases; by default none [env: TO_CASE_TEMPLATE_ID]' -r
complete -c to -n "__fish_to_using_subcommand run" -l on-duplicate -d 'What becomes of several results of one name: merge makes one of them, number appends ` [2]`, first and last keep one, error sends none [env: TO_ON_DUPLICATE]' -r -f -a "merge\t''
number\t''
first\t''
last\t''
error\t''"
complete -c to -n "__fish_to_using_subcommand run" -l max-log -d 'The longest log, in bytes or with K or M; a longer one keeps its head and tail [env: TO_MAX_LOG]' -r
complete -c to -n "__fish_to_using_subcommand run" -l results -d 'Files, directories or quoted globs that the command writes; those that are older than the start are not sent [env: TO_RESULTS]' -r -F
complete -c to -n "__fish_to_using_subcommand run" -l url -d 'The API, https://HOST, or file:DIR for a spool directory in its place [env: TO_URL]' -r
complete -c to -n "__fish_to_using_subcommand run" -l api-key -d 'The key; --api-key-file keeps it out of the list of processes [env: TO_API_KEY]' -r
complete -c to -n "__fish_to_using_subcommand run" -l api-key-file -d 'A file that holds the key [env: TO_API_KEY_FILE]' -r -F
complete -c to -n "__fish_to_using_subcommand run" -l execution -d 'The execution to work on, instead of the one that `to start` noted [env: TO_EXECUTION]' -r
complete -c to -n "__fish_to_using_subcommand run" -l state-dir -d 'Where `to start` notes its execution [env: TO_STATE_DIR]' -r -F
complete -c to -n "__fish_to_using_subcommand run" -l ca-cert -d 'A certificate authority to trust besides the system\'s, in PEM [env: TO_CA_CERT]' -r -F
complete -c to -n "__fish_to_using_subcommand run" -l timeout -d 'The longest that one request may take, once connected [env: TO_TIMEOUT]' -r
complete -c to -n "__fish_to_using_subcommand run" -l connect-timeout -d 'The longest that one connection may take to be made: tests make it short [env: TO_CONNECT_TIMEOUT]' -r
complete -c to -n "__fish_to_using_subcommand run" -l retry-for -d 'Go on retrying while nothing is accepted for this long [env: TO_RETRY_FOR]' -r
complete -c to -n "__fish_to_using_subcommand run" -l retry-delay -d 'The wait before the first retry: tests make it short [env: TO_RETRY_DELAY]' -r
complete -c to -n "__fish_to_using_subcommand run" -l batch-time -d 'The time of the server that a batch aims at: tests make it short [env: TO_BATCH_TIME]' -r
complete -c to -n "__fish_to_using_subcommand run" -l color -d 'When to colour what is said [env: TO_COLOR]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c to -n "__fish_to_using_subcommand run" -l salvage -d 'Send the whole cases of a truncated file too [env: TO_SALVAGE]'
complete -c to -n "__fish_to_using_subcommand run" -l allow-empty -d 'It is no error that nothing matches, or that what matches holds no results [env: TO_ALLOW_EMPTY]'
complete -c to -n "__fish_to_using_subcommand run" -l best-effort -d 'Keep what cannot be delivered, warn, and exit 0 [env: TO_BEST_EFFORT]'
complete -c to -n "__fish_to_using_subcommand run" -l json -d 'One JSON object on stdout instead of plain data [env: TO_JSON]'
complete -c to -n "__fish_to_using_subcommand run" -s q -l quiet -d 'Say errors and warnings only [env: TO_QUIET]'
complete -c to -n "__fish_to_using_subcommand run" -s v -l verbose -d 'Say each request with its status and time [env: TO_VERBOSE]'
complete -c to -n "__fish_to_using_subcommand run" -s h -l help -d 'Print help'
complete -c to -n "__fish_to_using_subcommand help; and not __fish_seen_subcommand_from end push result update show check completions man start submit run help" -f -a "end" -d 'Completes the execution and prints the status that the server computed'
complete -c to -n "__fish_to_using_subcommand help; and not __fish_seen_subcommand_from end push result update show check completions man start submit run help" -f -a "push" -d 'Delivers what is kept: the outbox, or a spool directory'
complete -c to -n "__fish_to_using_subcommand help; and not __fish_seen_subcommand_from end push result update show check completions man start submit run help" -f -a "result" -d 'Sends one result, typed by hand'
complete -c to -n "__fish_to_using_subcommand help; and not __fish_seen_subcommand_from end push result update show check completions man start submit run help" -f -a "update" -d 'Tells the execution something else: a status, links, metadata, an event'
complete -c to -n "__fish_to_using_subcommand help; and not __fish_seen_subcommand_from end push result update show check completions man start submit run help" -f -a "show" -d 'Shows the execution and its results, failures first'
complete -c to -n "__fish_to_using_subcommand help; and not __fish_seen_subcommand_from end push result update show check completions man start submit run help" -f -a "check" -d 'Tells whether results can be submitted here, and what stands in the way'
complete -c to -n "__fish_to_using_subcommand help; and not __fish_seen_subcommand_from end push result update show check completions man start submit run help" -f -a "completions" -d 'Prints the completions of a shell'
complete -c to -n "__fish_to_using_subcommand help; and not __fish_seen_subcommand_from end push result update show check completions man start submit run help" -f -a "man" -d 'Prints a page of the manual, in roff'
complete -c to -n "__fish_to_using_subcommand help; and not __fish_seen_subcommand_from end push result update show check completions man start submit run help" -f -a "start" -d 'Opens an execution of a test plan and prints its id'
complete -c to -n "__fish_to_using_subcommand help; and not __fish_seen_subcommand_from end push result update show check completions man start submit run help" -f -a "submit" -d 'Reads reports and sends their results'
complete -c to -n "__fish_to_using_subcommand help; and not __fish_seen_subcommand_from end push result update show check completions man start submit run help" -f -a "run" -d 'Opens an execution, runs the tests, sends their reports, and completes the execution'
complete -c to -n "__fish_to_using_subcommand help; and not __fish_seen_subcommand_from end push result update show check completions man start submit run help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
