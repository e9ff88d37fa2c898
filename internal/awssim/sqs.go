package awssim

import "strings"

// listQueues pages only if the request has MaxResults, and answers {} without queues.
func (s *Server) listQueues(r *request) (*answer, *apiError) {
	in, err := r.parameters(map[string]parameterType{"QueueNamePrefix": textParameter, "NextToken": textParameter, "MaxResults": numberParameter})
	if err != nil {
		return nil, err
	}
	var urls []string
	for _, q := range r.resources("queue") {
		if strings.HasPrefix(q.Name, in.text("QueueNamePrefix")) {
			urls = append(urls, "https://sqs."+r.region+"."+s.suffix+"/"+q.Account+"/"+q.Name)
		}
	}
	p := page{to: min(len(urls), 1000)}
	if _, limited := in["MaxResults"]; limited {
		if p, err = s.pageOf(r, in, paging{limit: "MaxResults", token: "NextToken", least: 1, most: 1000}, len(urls)); err != nil {
			return nil, err
		}
	} else if _, paged := in["NextToken"]; paged {
		return nil, r.invalidParameter("NextToken without MaxResults")
	}
	out := object{}
	if p.to > p.from {
		out = append(out, member{"QueueUrls", sequenceOf(urls[p.from:p.to], func(url string) any { return url })})
	}
	return r.respond(out.with("NextToken", p.next)), nil
}
